/** The server cannot start as it was asked to. The message is one sentence for a person: what happened and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
