import type { SampleBatch } from './engine.ts';

/** The samples `first` to `first + count` of a batch; nothing is copied. */
export function sliceOf(batch: SampleBatch, first: number, count: number): SampleBatch {
  const samples = batch.ids.length;
  const cut = (values: Float32Array) => {
    const size = values.length / samples;
    return values.subarray(first * size, (first + count) * size);
  };
  return {
    inputs: cut(batch.inputs),
    targets: cut(batch.targets),
    ids: batch.ids.subarray(first, first + count),
  };
}
