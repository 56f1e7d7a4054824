/** How far two contributions of one model are apart. */

import { contributionLength, layoutSize } from '@manyhands/core';
import type { ModelProgram } from '../engine.ts';

/**
 * The largest difference in any tensor, as a part of that tensor's largest element; where all elements should vanish, of
 * a hundredth of the largest of all. Throws where one is not as long as a contribution of this model.
 */
export function largestError(
  actual: Float32Array,
  expected: Float32Array,
  { params, state }: ModelProgram,
): number {
  const shape = { params: layoutSize(params), state: layoutSize(state) };
  for (const { length } of [actual, expected]) {
    if (length !== contributionLength(shape)) throw new Error(`A contribution of ${length} numbers.`);
  }
  const sums = { offset: shape.params + shape.state, size: 2 };
  const states = state.map((spec) => ({ ...spec, offset: spec.offset + shape.params }));
  const floor = largest(expected.subarray(0, shape.params)) / 100;
  let error = 0;
  for (const { offset, size } of [...params, ...states, sums]) {
    const there = expected.subarray(offset, offset + size);
    const apart = largest(actual.subarray(offset, offset + size).map((x, i) => x - there[i]!));
    // Written so that NaN is the largest of all.
    if (!(apart <= error * Math.max(floor, largest(there)))) error = apart / Math.max(floor, largest(there));
  }
  return error;
}

function largest(vector: Float32Array): number {
  return vector.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
