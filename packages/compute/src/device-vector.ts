import { EngineError } from './engine-error.ts';

/** A vector that stays on the device of one engine, until it is dropped or that engine ends. */
export interface DeviceVector {
  /** What it holds, which the caller owns; it stays. Rejects with an `EngineError` where it is gone. */
  read(): Promise<Float32Array>;
  drop(): void;
}

export function notHere(): EngineError {
  return new EngineError('batch', 'This vector lies on another device, or was dropped.');
}
