/** The one thing that the frame tells the page that shows it. */
export interface FrameMessage {
  /** CSS pixels. */
  readonly manyhandsHeight: number;
}
