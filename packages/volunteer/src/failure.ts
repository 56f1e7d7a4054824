/** Something that the world did not give us. It is a value; whoever asked decides what follows from it. */
export interface Failure {
  /**
   * gone: it is no longer served; unreachable: it may come at another attempt; malformed: it is not what the
   * protocol describes; incapable: this device cannot do it.
   */
  readonly failure: 'gone' | 'unreachable' | 'malformed' | 'incapable';
  /** For a person: what happened, where, and what to do. */
  readonly sentence: string;
}

export function isFailure<T extends object>(value: T | Failure): value is Failure {
  return 'failure' in value;
}
