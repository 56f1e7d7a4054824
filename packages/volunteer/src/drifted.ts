import type { ParamsVersion } from '@manyhands/core';

/** What an update led to is not what the server holds, so neither is what it began from. */
export interface Drifted {
  /** Where it leads to. */
  readonly drifted: ParamsVersion;
}

export function hasDrifted<T extends object>(reached: T | Drifted): reached is Drifted {
  return 'drifted' in reached;
}
