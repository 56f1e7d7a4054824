import type { LossName } from './engine.ts';

/** Shape of one sample's target, given the shape of one sample's output. */
export function targetShapeOf(loss: LossName, outputShape: readonly number[]): readonly number[] {
  return loss === 'sparseCategoricalCrossentropy' ? outputShape.slice(0, -1) : outputShape;
}
