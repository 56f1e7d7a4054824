export { ADAM_CONSTANTS, type AdamConstants, scaleByAdam } from './adam.ts';
export { chain } from './chain.ts';
export { type Clip, clipByGlobalNorm, clipByValue, globalNorm } from './clip.ts';
export { type MomentumConstants, trace } from './momentum.ts';
export { createOptimizer, createSlots, type Optimizer } from './optimizer.ts';
export {
  type AdamSpec,
  type AdamwSpec,
  checkOptimizerSpec,
  completeOptimizerSpec,
  type MomentumSpec,
  type OptimizerOptions,
  type OptimizerSpec,
  type SgdSpec,
} from './optimizer-spec.ts';
export { type DecaySchedule, rateAt, type Schedule, type WarmupSchedule } from './schedule.ts';
export type { Transformation, TransformationContext } from './transformation.ts';
export { addDecayedWeights } from './weight-decay.ts';
