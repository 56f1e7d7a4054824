/** A programmer's error: the job stops and says where. Never thrown for anything that a volunteer or the world did. */
export class InvariantError extends Error {
  constructor(where: string, what: string) {
    super(`${where}: ${what}`);
    this.name = 'InvariantError';
  }
}

export function assert(holds: boolean, where: string, what: string): asserts holds {
  if (!holds) throw new InvariantError(where, what);
}

/** Ends a switch over a union: compiles only while every member has its case. */
export function unreachable(value: never): never {
  throw new InvariantError('unreachable', `no case for ${JSON.stringify(value)}`);
}
