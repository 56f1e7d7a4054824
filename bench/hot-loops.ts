/**
 * What a vector of a million parameters costs the thread that adds and steps, with the plain loops and with those in WASM
 * SIMD: CPU time ÷ that of one memory copy of the vector, taken in turn in one run. A round's contributions are more than
 * any cache holds, as a server's are. `loops` has the passes one by one, as plain ÷ SIMD.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  ADAM_CONSTANTS,
  type CodecSpec,
  completeOptimizerSpec,
  contributionCodec,
  contributionLength,
  createOptimizer,
  createRandom,
  createReduction,
  createSlots,
  type Loops,
  type OptimizerOptions,
  plainLoops,
} from '@manyhands/core';
import { createSimdLoops, roomBytes } from '@manyhands/loops';
import { type Measurement, median, ratio } from './measurement.ts';

const SHAPE = { params: 1_000_000, state: 0 };
const ELEMENTS = contributionLength(SHAPE);
/** Contributions of a round, of one unit each. */
const UNITS = 16;
/** Steps that are timed together. */
const STEPS = 8;
const ROUNDS = 25;
const WARM_ROUNDS = 3;
/** As many vectors as a pass goes over in turn, so that none is found in a cache. */
const VECTORS = 16;

const CODECS: readonly (readonly [string, CodecSpec])[] = [
  ['float32', { kind: 'float32' }],
  ['float16', { kind: 'float16' }],
  ['int8', { kind: 'int8' }],
  ['top_k', { kind: 'top-k', kept: 64, bits: 2 }],
];

const OPTIMIZERS: readonly OptimizerOptions[] = [
  { kind: 'sgd', learningRate: 1e-3 },
  { kind: 'momentum', learningRate: 1e-3, momentum: 0.9, nesterov: false },
  { kind: 'adam', learningRate: 1e-3 },
  { kind: 'adamw', learningRate: 1e-3, weightDecay: 1e-2 },
];

export const measureCodecCpu = () => inOwnProcess('codecs');
export const measureOptimizerCpu = () => inOwnProcess('optimizers');
export const measureLoops = () => inOwnProcess('loops');

/** The benchmark's own process holds libraries that a server does not, and collecting their garbage would be counted. */
async function inOwnProcess(what: keyof typeof MEASURES): Promise<readonly Measurement[]> {
  const child = fork(fileURLToPath(import.meta.url), [what], {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const measured = new Promise<readonly Measurement[]>((resolve, reject) => {
    child.once('message', (message) => resolve(message as readonly Measurement[]));
    child.once('exit', (code) => reject(new Error(`The measuring process ended with code ${code}.`)));
  });
  return measured;
}

/** From the bytes of a contribution to the sum that it went into, all merges of its round shared out. */
function codecCpu(): readonly Measurement[] {
  return CODECS.flatMap(([name, spec]) => {
    const sent = contributionCodec(spec, SHAPE).encode(gradient(), 1);
    const round = (loops: Loops) => {
      const codec = contributionCodec(spec, SHAPE, loops);
      const bodies = Array.from({ length: UNITS }, () => new Uint8Array(sent));
      return () => {
        // The plain sum of float32 lies in the bytes that came.
        for (const body of bodies) body.set(sent);
        return () => {
          const reduction = createReduction(UNITS, (vector) => loops.free(vector), loops);
          bodies.forEach((body, index) => {
            const room = loops.room(ELEMENTS);
            const vector =
              room === undefined ? codec.decode(body, ELEMENTS) : (codec.decodeInto(room, body) ?? room);
            if (typeof vector === 'string' || !reduction.add({ level: 0, index }, vector))
              throw new Error(`A contribution in ${name} was refused.`);
          });
          reduction.close();
        };
      };
    };
    return compared(`codec.cpu.${name}`, 'a contribution of 1M parameters', UNITS, round);
  });
}

/** One update of a million parameters. */
function optimizerCpu(): readonly Measurement[] {
  return OPTIMIZERS.flatMap((options) => {
    const round = (loops: Loops) => {
      const optimizer = createOptimizer(completeOptimizerSpec(options), loops);
      const [params, ...slots] = [gradient(), ...createSlots(optimizer, ELEMENTS)].map((vector) =>
        placed(loops, vector),
      );
      const mean = placed(loops, gradient());
      let step = 0;
      return () => {
        mean.set(GRADIENT);
        return () => {
          // What one leaves of the gradient is as good as the next.
          for (let i = 0; i < STEPS; i++) optimizer.apply(params!, mean, slots, step++);
        };
      };
    };
    return compared(`optimizer.cpu.${options.kind}`, 'a step of 1M parameters', STEPS, round);
  });
}

/** Every pass by itself: how many times longer the plain loop takes. */
function loopByLoop(): readonly Measurement[] {
  const step = { ...ADAM_CONSTANTS, correction1: 3, correction2: 300 };
  const halves = contributionCodec({ kind: 'float16' }, SHAPE).encode(gradient(), 1);
  const codes = contributionCodec({ kind: 'int8' }, SHAPE).encode(gradient(), 1);
  const passes: Record<string, (loops: Loops, a: Float32Array, b: Float32Array, c: Float32Array) => unknown> =
    {
      canonicalize: (loops, a) => loops.canonicalize(a),
      merge: (loops, a, b) => loops.merge(a, b),
      merge_newcomer: (loops, a, b) => loops.mergeNewcomer(a, b),
      read_float16: (loops, a) => loops.readFloat16(halves, a),
      read_int8: (loops, a) => loops.readInt8(codes, a),
      adam: (loops, a, b, c) => loops.adam(a, b, c, step),
      momentum: (loops, a, b) => loops.accumulate(a, b, { momentum: 0.9, nesterov: false }),
      decay: (loops, a, b) => loops.decay(a, b, 1e-2),
      descend: (loops, a, b) => loops.descend(a, b, 1e-3),
    };
  return Object.entries(passes).map(([name, pass]) => {
    const round = (loops: Loops) => {
      // The third may be a second moment, which is never negative.
      const [a, b, c] = [gradient(), gradient(), gradient().map((x) => x * x)].map((vector) =>
        Array.from({ length: VECTORS }, () => placed(loops, vector)),
      );
      return () => () => a!.forEach((vector, i) => void pass(loops, vector, b![i]!, c![i]!));
    };
    const { plain, simd } = cpuOf(VECTORS, round);
    return ratio(`loops.${name}`, plain / simd, `${shown(plain)} plain, ${shown(simd)} in SIMD, 1M elements`);
  });
}

/** Makes a round ready, and returns what is counted of it. */
type Prepare = () => () => void;

/** CPU ms of each of the `count` things that a round does. */
interface Cpu {
  readonly plain: number;
  readonly simd: number;
  readonly copy: number;
}

function compared(
  name: string,
  what: string,
  count: number,
  round: (loops: Loops) => Prepare,
): readonly Measurement[] {
  const { plain, simd, copy } = cpuOf(count, round);
  const note = `CPU of ${what} ÷ a copy of its vector, ${shown(copy)}`;
  return [
    ratio(`${name}`, simd / copy, `${note}; SIMD, ${shown(simd)}`, false),
    ratio(`${name}.plain`, plain / copy, `${note}; plain, ${shown(plain)}`, false),
  ];
}

function cpuOf(count: number, round: (loops: Loops) => Prepare): Cpu {
  const simdLoops = createSimdLoops((3 * VECTORS + 1) * roomBytes(ELEMENTS));
  if (simdLoops === undefined) throw new Error('This machine has no WebAssembly with SIMD.');
  const from = Array.from({ length: VECTORS }, gradient);
  const to = Array.from({ length: VECTORS }, gradient);
  const copies = () => to.forEach((vector, i) => void vector.set(from[i]!));
  const turns = {
    plain: { prepare: round(plainLoops), count, took: [] as number[] },
    simd: { prepare: round(simdLoops), count, took: [] as number[] },
    copy: { prepare: () => copies, count: VECTORS, took: [] as number[] },
  };
  for (let i = -WARM_ROUNDS; i < ROUNDS; i++) {
    for (const { prepare, count, took } of Object.values(turns)) {
      const run = prepare();
      collectGarbage();
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      if (i >= 0) took.push((user + system) / 1e3 / count);
    }
  }
  const { plain, simd, copy } = turns;
  return { plain: median(plain.took), simd: median(simd.took), copy: median(copy.took) };
}

function placed(loops: Loops, vector: Float32Array): Float32Array {
  const room = loops.room(vector.length) ?? new Float32Array(vector.length);
  room.set(vector);
  return room;
}

const collectGarbage = () => globalThis.gc?.();
const random = createRandom(1);
const GRADIENT = Float32Array.from({ length: ELEMENTS }, () => (random.fraction() - 0.5) * 1e-2);

function gradient(): Float32Array {
  return GRADIENT.slice();
}

function shown(cpuMs: number): string {
  return `${cpuMs.toFixed(2)} ms`;
}

const MEASURES = { codecs: codecCpu, optimizers: optimizerCpu, loops: loopByLoop } as const;

for (const [what, measure] of Object.entries(MEASURES)) {
  if (process.argv[2] === what) process.send!(measure());
}
