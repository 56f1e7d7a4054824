/** What can go wrong in a world. Each is drawn from the world's seed; none may change a byte of the result. */

export const FAULTS = [
  /** Volunteers come and go: with a goodbye, with a closed tab, or without a word. */
  'churn',
  /** Some leases take many times as long as their volunteer's speed predicts. */
  'stragglers',
  /** Messages are lost. A socket over TCP does not do this; a world that survives it survives what sockets do. */
  'loss',
  /** Messages arrive twice. */
  'duplicate',
  /** Messages overtake one another. */
  'reorder',
  /** For some seconds a part of the volunteers can neither reach the server nor be reached. */
  'partition',
  /** Laptops are closed for minutes and then go on where they were. */
  'sleep',
  /** The server dies and comes back with what its disk holds. */
  'crash',
  /** Checkpoints cannot be written, a crash tears the one that is being written, and the newest rots. */
  'disk',
  /** Answers of the wrong length, with NaN, with a wrong count, for the lease of another, sent twice, or doubled, after the round. */
  'liars',
  /** Lines break, both ends notice, and the volunteer is back before its session is given up, or after. */
  'cut',
  /** The server is told to end, drains, and is started again. */
  'drain',
  /** Somebody presses pause, stop and resume. */
  'operator',
  /** In half of the worlds the job asks for one class of device at a time. */
  'exact',
] as const;

export type Fault = (typeof FAULTS)[number];
export type Faults = ReadonlySet<Fault>;

export const NO_FAULTS: Faults = new Set();
export const ALL_FAULTS: Faults = new Set(FAULTS);

/** The faults that a comma-separated list names, or the first name that is none. */
export function parseFaults(text: string): Faults | { readonly unknown: string } {
  const known: ReadonlySet<string> = ALL_FAULTS;
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !known.has(name));
  return unknown === undefined ? new Set(names as Fault[]) : { unknown };
}
