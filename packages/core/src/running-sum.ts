/** One vector into which answers go as they come, where no order of the sum is promised. */

import type { Loops } from './loops.ts';
import type { Spare } from './reduction.ts';

export interface RunningSum {
  /** Takes ownership of the vector; false, and nothing has changed, when it is not finite. */
  add(vector: Float32Array): boolean;
  /** Belongs to the sum; undefined before anything came in. */
  readonly value: Float32Array | undefined;
  /** Gives back what is held. */
  close(): void;
}

export function createRunningSum(spare: Spare, loops: Loops): RunningSum {
  let value: Float32Array | undefined;
  return {
    add(vector) {
      const admitted = value === undefined ? loops.canonicalize(vector) : loops.mergeNewcomer(vector, value);
      if (!admitted) return false;
      if (value !== undefined) spare(value);
      value = vector;
      return true;
    },
    get value() {
      return value;
    },
    close() {
      if (value !== undefined) spare(value);
      value = undefined;
    },
  };
}
