/** Why an engine said no; the message is one sentence for a person. */
export type EngineErrorKind =
  /** The model cannot be trained here at all: its topology, a layer, or a layout that does not fit it. */
  | 'model'
  /** No backend of this browser, or not the one that was asked for, can run the model. */
  | 'backend'
  /** The samples or parameters handed over do not fit the model. */
  | 'batch'
  /** The device is gone: open a new engine. */
  | 'lost'
  /** The engine was disposed, or a second one was opened beside a living one. */
  | 'closed';

/** The one error that this package throws; the volunteer runtime turns it into a value. */
export class EngineError extends Error {
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.kind = kind;
  }
}

/** What a caught value says, whoever threw it. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
