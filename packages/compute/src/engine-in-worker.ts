/**
 * An engine in a worker of its own. It may compute for seconds without a pause while whoever asked it answers a socket; it
 * has its tensor library, which is one global, for itself, so that two engines can live beside each other; and whatever
 * becomes of its device, ending the engine is ending the worker, and another one starts clean.
 *
 * Every method is a message, and messages stay in order. Samples and results are moved and not copied; parameters are
 * copied once, since the caller keeps them.
 */

import type { ContributionShape, DeviceClass, Encoded, OptimizerSpec, UnitRun } from '@manyhands/core';
import { requireVector } from './batch-check.ts';
import { descendsOnGpu } from './descends.ts';
import { type DeviceVector, notHere } from './device-vector.ts';
import type {
  Encoding,
  Engine,
  EvaluationSums,
  LocalTraining,
  ModelProgram,
  Preparation,
  SampleBatch,
  StagedBatch,
} from './engine.ts';
import type { EngineName } from './engine-choice.ts';
import { EngineError } from './engine-error.ts';
import {
  type Asked,
  type EncodedThere,
  type EncodingThere,
  type FromEngineWorker,
  movable,
  type Opening,
  type ToEngineWorker,
} from './engine-message.ts';
import { awaitDeath, nameLifeline } from './lifeline.ts';
import type { OpenedEngine, OpenOptions } from './open-engine.ts';
import { usedUp } from './staged-batch.ts';

/**
 * Opens an engine as `openEngine` does, in a worker that is started for it; works in a page and in a worker. Throws what
 * that throws, and an `EngineError` of kind 'lost' where the worker itself comes to nothing. `worker` is for tests, and must
 * be one that runs `engine.worker.ts`.
 */
export async function startEngine(
  program: ModelProgram,
  options: OpenOptions = {},
  worker: Worker = startWorker(),
): Promise<OpenedEngine> {
  const { onPreparation = () => {}, ...wishes } = options;
  const end = new WorkerEnd(worker, onPreparation);
  try {
    const opening = await end.ask('open', [program, wishes]);
    return { engine: new EngineInWorker(end, opening), choice: opening.choice };
  } catch (thrown) {
    end.close(new EngineError('closed', 'The engine was not opened.'));
    throw thrown;
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module' });
}

class EngineInWorker implements Engine {
  readonly name: EngineName;
  readonly device: DeviceClass;
  readonly shape: ContributionShape;
  readonly passes: number;
  readonly encodedGradient: Engine['encodedGradient'];
  readonly localTraining: Engine['localTraining'];
  readonly lost: Promise<string>;
  readonly #end: WorkerEnd;

  constructor(end: WorkerEnd, { name, device, shape, passes, encodes, descends }: Opening) {
    this.#end = end;
    this.name = name;
    this.device = device;
    this.shape = shape;
    this.passes = passes;
    this.encodedGradient = encodes ? (...asked) => this.#encodedGradient(...asked) : undefined;
    this.localTraining = descends ? (optimizer) => this.#localTraining(optimizer) : undefined;
    this.lost = end.lost;
  }

  setParams(params: Float32Array, state: Float32Array): void {
    this.#end.requireAlive();
    requireVector('parameters', params, this.shape.params);
    requireVector('non-trainable state', state, this.shape.state);
    // A view may lie in something far longer, which the browser would copy with it.
    const [heldParams, heldState] = [params.slice(), state.slice()];
    this.#end.say({ type: 'params', params: heldParams, state: heldState }, [
      heldParams.buffer,
      heldState.buffer,
    ]);
  }

  stage(samples: SampleBatch): StagedBatch {
    return new BatchInWorker(this.#end, samples);
  }

  async gradient(
    batch: SampleBatch | StagedBatch,
    run: UnitRun,
    units: number,
    step: number,
  ): Promise<Float32Array> {
    return this.#end.ask('gradient', [this.#numberOf(batch), run, units, step]);
  }

  async #encodedGradient(
    batch: SampleBatch | StagedBatch,
    run: UnitRun,
    units: number,
    step: number,
    encoding: Encoding,
  ): Promise<Encoded<DeviceVector>> {
    const number = this.#numberOf(batch);
    return this.#encoded(encoding, (there, leftOut) =>
      this.#end.ask('encodedGradient', [number, run, units, step, there, leftOut]),
    );
  }

  async #encoded(
    { residual, ...how }: Encoding,
    ask: (encoding: EncodingThere, leftOut: number) => Promise<EncodedThere>,
  ): Promise<Encoded<DeviceVector>> {
    const parts = residual.map((part) =>
      part instanceof Float32Array ? part : numberOfVector(part, this.#end),
    );
    const leftOut = this.#end.number();
    const encoded = await ask({ ...how, residual: parts }, leftOut);
    if (encoded.residual === 'kept') return { residual: 'kept', bytes: encoded.bytes };
    return { ...encoded, residual: encoded.residual, leftOut: new VectorInWorker(this.#end, leftOut) };
  }

  #localTraining(optimizer: OptimizerSpec): LocalTraining | undefined {
    if (!descendsOnGpu(optimizer)) return undefined;
    this.#end.say({ type: 'train-locally', optimizer });
    return {
      step: async (batch, taken, step) => this.#end.ask('localStep', [this.#numberOf(batch), taken, step]),
      whole: () => this.#end.ask('localSum', []),
      encoded: (encoding) =>
        this.#encoded(encoding, (there, leftOut) => this.#end.ask('encodedLocalSum', [there, leftOut])),
    };
  }

  async evaluate(batch: SampleBatch | StagedBatch): Promise<EvaluationSums> {
    return this.#end.ask('evaluate', [this.#numberOf(batch)]);
  }

  async predict(inputs: Float32Array, count: number): Promise<Float32Array> {
    const moved = movable(inputs);
    return this.#end.ask('predict', [moved, count], [moved.buffer]);
  }

  dispose(): void {
    this.#end.close(new EngineError('closed', 'The engine was disposed.'));
  }

  #numberOf(batch: SampleBatch | StagedBatch): number {
    if ('ids' in batch) return new BatchInWorker(this.#end, batch).take(this.#end);
    if (batch instanceof BatchInWorker) return batch.take(this.#end);
    throw stagedElsewhere();
  }
}

/** Samples that are in the worker already, under a number. */
class BatchInWorker implements StagedBatch {
  readonly #end: WorkerEnd;
  readonly #number: number;
  #waits = true;

  constructor(end: WorkerEnd, { inputs, targets, ids }: SampleBatch) {
    this.#end = end;
    this.#number = end.number();
    const samples = { inputs: movable(inputs), targets: movable(targets), ids: movable(ids) };
    const buffers = new Set([samples.inputs.buffer, samples.targets.buffer, samples.ids.buffer]);
    end.say({ type: 'stage', batch: this.#number, samples }, [...buffers]);
  }

  /** Its number, for the one computation that it is for. */
  take(end: WorkerEnd): number {
    if (end !== this.#end) throw stagedElsewhere();
    if (!this.#waits) throw usedUp();
    this.#waits = false;
    return this.#number;
  }

  drop(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.#end.say({ type: 'drop', batch: this.#number });
  }
}

/** A vector that stays in the worker, under a number. */
class VectorInWorker implements DeviceVector {
  readonly #end: WorkerEnd;
  readonly #number: number;

  constructor(end: WorkerEnd, number: number) {
    this.#end = end;
    this.#number = number;
  }

  read(): Promise<Float32Array> {
    return this.#end.ask('readVector', [this.#number]);
  }

  drop(): void {
    this.#end.say({ type: 'drop-vector', vector: this.#number });
  }

  /** Its number, for work in the same worker. */
  on(end: WorkerEnd): number {
    if (end !== this.#end) throw notHere();
    return this.#number;
  }
}

function numberOfVector(vector: DeviceVector, end: WorkerEnd): number {
  if (vector instanceof VectorInWorker) return vector.on(end);
  throw notHere();
}

function stagedElsewhere(): EngineError {
  return new EngineError('batch', 'These samples were staged with another engine.');
}

interface Question {
  resolve(value: never): void;
  reject(reason: EngineError): void;
}

/** This end of the line to the worker: asks, hears, and notices when nobody is there any more. */
class WorkerEnd {
  readonly lost: Promise<string>;
  readonly #worker: Worker;
  readonly #questions = new Map<number, Question>();
  readonly #over = new AbortController();
  #numbers = 0;
  #ended: EngineError | undefined;
  #lose: (sentence: string) => void = () => {};

  constructor(worker: Worker, onPreparation: (preparation: Preparation) => void) {
    this.#worker = worker;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    const lifeline = nameLifeline();
    worker.onmessage = ({ data }: MessageEvent<FromEngineWorker>) => {
      switch (data.type) {
        case 'alive':
          return awaitDeath(lifeline, this.#over.signal, () => this.#crash('was ended by the browser'));
        case 'preparing':
          return this.#ended === undefined ? onPreparation(data.preparation) : undefined;
        case 'answer':
          return this.#answered(data.question)?.resolve(data.value as never);
        case 'refused':
          return this.#answered(data.question)?.reject(new EngineError(data.kind, data.sentence));
        case 'lost':
          return this.#lost(data.sentence);
      }
    };
    worker.onmessageerror = () => this.#crash('said what cannot be read');
    worker.onerror = (event) => {
      // Otherwise it would go on to whoever started us, as an error of ours.
      event.preventDefault();
      this.#crash(event.message ? `stopped: ${event.message}` : 'could not be loaded');
    };
    this.say({ type: 'live', lifeline });
  }

  /** A number that was never used on this line. */
  number(): number {
    return this.#numbers++;
  }

  requireAlive(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** Who is not there any more hears nothing. */
  say(message: ToEngineWorker, transfer: Transferable[] = []): void {
    if (this.#ended === undefined) this.#worker.postMessage(message, transfer);
  }

  ask<What extends keyof Asked>(
    what: What,
    args: Parameters<Asked[What]>,
    transfer: Transferable[] = [],
  ): Promise<ReturnType<Asked[What]>> {
    return new Promise((resolve, reject) => {
      this.requireAlive();
      const question = this.number();
      this.#questions.set(question, { resolve, reject });
      this.say({ type: 'ask', question, what, args } as ToEngineWorker, transfer);
    });
  }

  /** Ends the worker, whatever it is at; what is asked from now on, or was and is not answered, fails with this. */
  close(why: EngineError): void {
    this.#ended = why;
    this.#over.abort();
    this.#worker.terminate();
    for (const { reject } of this.#questions.values()) reject(why);
    this.#questions.clear();
  }

  #answered(question: number): Question | undefined {
    const found = this.#questions.get(question);
    this.#questions.delete(question);
    return found;
  }

  #crash(what: string): void {
    this.#lost(`Its worker ${what}.`);
  }

  #lost(sentence: string): void {
    if (this.#ended !== undefined) return;
    this.close(new EngineError('lost', `The engine is gone: ${sentence} Open a new engine.`));
    this.#lose(sentence);
  }
}
