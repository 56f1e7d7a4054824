export {
  BACKEND_ORDER,
  type BackendChoice,
  type BackendName,
  chooseBackend,
  ENGINE_NAME,
  type PassedOver,
} from './backend-choice.ts';
export * from './engine.ts';
export { EngineError, type EngineErrorKind, isOutOfMemory, messageOf } from './engine-error.ts';
export { type Experience, type OpenedEngine, type OpenOptions, openEngine } from './open-engine.ts';
