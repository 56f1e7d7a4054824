export type { DeviceVector } from './device-vector.ts';
export * from './engine.ts';
export {
  ENGINE_NAMES,
  ENGINES,
  type EngineChoice,
  type EngineName,
  type PassedOver,
  PLAYED,
} from './engine-choice.ts';
export { EngineError, type EngineErrorKind, isOutOfMemory, messageOf } from './engine-error.ts';
export { startEngine } from './engine-in-worker.ts';
export { type EngineSpeed, predictSpeed, type Setting, speedsBeside } from './engine-speed.ts';
export { type Experience, type OpenedEngine, type OpenOptions, openEngine } from './open-engine.ts';
export { samplesIn, WaitingBatch } from './staged-batch.ts';
