/**
 * The dedicated worker in which one engine lives. It is told what to do in order and does it as the engine does; whoever
 * started it ends it. The tensor library is loaded here and nowhere else.
 */

import type { Encoded } from '@manyhands/core';
import { type DeviceVector, notHere } from './device-vector.ts';
import type { Encoding, Engine, LocalTraining, StagedBatch } from './engine.ts';
import { doesNotFit, EngineError, isOutOfMemory, messageOf } from './engine-error.ts';
import {
  type Ask,
  type Asked,
  type EncodedThere,
  type EncodingThere,
  type FromEngineWorker,
  movable,
  type ToEngineWorker,
} from './engine-message.ts';
import { holdLifeline } from './lifeline.ts';
import { openEngine } from './open-engine.ts';
import { usedUp } from './staged-batch.ts';

let engine: Engine | undefined;
let training: LocalTraining | undefined;
const batches = new Map<number, StagedBatch>();
const vectors = new Map<number, DeviceVector>();
/** Why the parameters that were set last are not there: nothing may be computed with those before them. */
let flaw: unknown;

self.onmessage = ({ data }: MessageEvent<ToEngineWorker>) => {
  switch (data.type) {
    case 'live':
      return holdLifeline(data.lifeline, () => say({ type: 'alive' }));
    case 'ask':
      return void answer(data);
    case 'params':
      return setParams(data.params, data.state);
    case 'stage':
      batches.set(data.batch, engine!.stage(data.samples));
      return;
    case 'drop':
      batches.get(data.batch)?.drop();
      batches.delete(data.batch);
      return;
    case 'drop-vector':
      vectors.get(data.vector)?.drop();
      vectors.delete(data.vector);
      return;
    case 'train-locally':
      training = engine!.localTraining!(data.optimizer);
  }
};

self.onunhandledrejection = ({ reason }) => {
  say({ type: 'lost', sentence: `Its worker stopped: ${messageOf(reason)}.` });
};

type Acts = {
  readonly [What in keyof Asked]: (...args: Parameters<Asked[What]>) => Promise<ReturnType<Asked[What]>>;
};

const acts: Acts = {
  async open(program, wishes) {
    const opened = await openEngine(program, {
      ...wishes,
      onPreparation: (preparation) => say({ type: 'preparing', preparation }),
    });
    engine = opened.engine;
    const { name, device, shape, passes, lost } = engine;
    const [encodes, descends] = [engine.encodedGradient, engine.localTraining].map(
      (can) => can !== undefined,
    );
    void lost.then((sentence) => say({ type: 'lost', sentence }));
    return { choice: opened.choice, name, device, shape, passes, encodes: encodes!, descends: descends! };
  },
  gradient: (batch, run, units, step) => equipped().gradient(take(batch), run, units, step),
  async encodedGradient(batch, run, units, step, encoding, leftOut) {
    const encode = equipped().encodedGradient!;
    return keepLeftOut(await encode(take(batch), run, units, step, encodingHere(encoding)), leftOut);
  },
  async localStep(batch, taken, step) {
    equipped();
    await training!.step(take(batch), taken, step);
    return undefined;
  },
  localSum: () => training!.whole(),
  async encodedLocalSum(encoding, leftOut) {
    return keepLeftOut(await training!.encoded!(encodingHere(encoding)), leftOut);
  },
  readVector: (vector) => vectorOf(vector).read(),
  evaluate: (batch) => equipped().evaluate(take(batch)),
  predict: (inputs, count) => equipped().predict(inputs, count),
};

/** The act is begun before the next message is looked at, so that the engine hears everything in order. */
async function answer({ question, what, args }: Ask<keyof Asked>): Promise<void> {
  try {
    const act = acts[what] as (...args: unknown[]) => Promise<ReturnType<Asked[keyof Asked]>>;
    const value = await act(...args);
    if (value instanceof Float32Array) {
      const moved = movable(value);
      return say({ type: 'answer', question, value: moved }, [moved.buffer]);
    }
    const isEncoded = value !== undefined && 'bytes' in value;
    say({ type: 'answer', question, value }, isEncoded ? [value.bytes.buffer as ArrayBuffer] : []);
  } catch (thrown) {
    const { kind, message } = asEngineError(thrown);
    say({ type: 'refused', question, kind, sentence: message });
  }
}

function setParams(params: Float32Array, state: Float32Array): void {
  try {
    engine!.setParams(params, state);
    flaw = undefined;
  } catch (thrown) {
    flaw = thrown;
  }
}

function equipped(): Engine {
  if (flaw !== undefined) throw flaw;
  return engine!;
}

function encodingHere({ residual, ...how }: EncodingThere): Encoding {
  return { ...how, residual: residual.map((part) => (part instanceof Float32Array ? part : vectorOf(part))) };
}

/** What is left out stays here, under its number. */
function keepLeftOut(encoded: Encoded<DeviceVector>, number: number): EncodedThere {
  if (encoded.residual !== 'kept') vectors.set(number, encoded.leftOut);
  return { residual: encoded.residual, bytes: encoded.bytes };
}

function vectorOf(number: number): DeviceVector {
  const vector = vectors.get(number);
  if (vector === undefined) throw notHere();
  return vector;
}

function take(batch: number): StagedBatch {
  const staged = batches.get(batch);
  if (staged === undefined) throw usedUp();
  batches.delete(batch);
  return staged;
}

function say(message: FromEngineWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function asEngineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  return isOutOfMemory(thrown) ? doesNotFit(thrown) : new EngineError('backend', messageOf(thrown));
}
