import {
  ADAM_CONSTANTS,
  codecOf,
  completeOptimizerSpec,
  createOptimizer,
  createSlots,
  type Loops,
  type OptimizerOptions,
  plainLoops,
} from '@manyhands/core';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createSimdLoops, roomBytes } from './simd-loops.ts';

/** Each loop over two or three vectors of one length; codecs over the bytes that the second one holds. */
const LOOPS: Record<string, (loops: Loops, a: Float32Array, b: Float32Array, c: Float32Array) => unknown> = {
  canonicalize: (loops, a) => loops.canonicalize(a),
  merge: (loops, a, b) => void loops.merge(a, b),
  mergeNewcomer: (loops, a, b) => loops.mergeNewcomer(a, b),
  readFloat16: (loops, a, b) => loops.readFloat16(bytesOf(b, codecOf({ kind: 'float16' }).encodedBytes), a),
  readInt8: (loops, a, b) => loops.readInt8(int8BytesOf(b), a),
  adam: (loops, a, b, c) =>
    loops.adam(a, b, c, { ...ADAM_CONSTANTS, correction1: 1 / (1 - 0.9 ** 3), correction2: 1 / 0.003 }),
  momentum: (loops, a, b) => loops.accumulate(a, b, { momentum: 0.9, nesterov: false }),
  nesterov: (loops, a, b) => loops.accumulate(a, b, { momentum: 0.7, nesterov: true }),
  decay: (loops, a, b) => loops.decay(a, b, 0.013),
  descend: (loops, a, b) => loops.descend(a, b, 0.07),
};

describe.each(Object.entries(LOOPS))('%s', (_name, loop) => {
  const lengths = fc.oneof(fc.nat(40), fc.integer({ min: 250, max: 520 }));

  test('[LP1] in its own memory the bytes are those of the plain loop, whatever numbers come in', () => {
    fc.assert(
      fc.property(lengths.chain(threeVectors), (vectors) => {
        const loops = simdLoops();
        expect(resultOf(loop, loops, vectors, () => true)).toEqual(resultOf(loop, plainLoops, vectors));
      }),
    );
  });

  test('[LP2] they are also where a vector lies elsewhere or is a part of one, and the rest of it stays as it was', () => {
    fc.assert(
      fc.property(
        lengths.chain(threeVectors),
        fc.nat(7),
        fc.nat(9),
        fc.nat(9),
        (vectors, inside, from, cut) => {
          const part = (vector: Float32Array) => vector.subarray(from, Math.max(from, vector.length - cut));
          const isInside = (i: number) => (inside >> i) % 2 === 1;
          expect(resultOf(loop, simdLoops(), vectors, isInside, part)).toEqual(
            resultOf(loop, plainLoops, vectors, undefined, part),
          );
        },
      ),
    );
  });
});

test('[LP1] of every float16 there is, and of every step of int8, the bytes are those of the plain loop', () => {
  const loops = simdLoops();
  const halves = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);
  const codes = Uint8Array.from({ length: 260 * 300 }, (_, i) =>
    i % 260 < 3 ? i * 7 : i % 260 === 3 ? 63 : i,
  );
  for (const [bytes, length, read] of [
    [halves, 65_536, 'readFloat16'],
    [codes, 256 * 300, 'readInt8'],
  ] as const) {
    const [own, plain] = [loops.room(length)!, new Float32Array(length)];
    loops[read](bytes, own);
    plainLoops[read](bytes, plain);
    expect(firstDifference(own, plain)).toBe(-1);
  }
});

const OPTIMIZERS: readonly OptimizerOptions[] = [
  { kind: 'sgd', learningRate: 0.1, clip: { kind: 'value', max: 0.5 } },
  { kind: 'momentum', momentum: 0.9, nesterov: true, learningRate: 0.1, clip: { kind: 'norm', max: 1 } },
  { kind: 'adam', learningRate: 0.01 },
  { kind: 'adamw', learningRate: 0.01, weightDecay: 0.1 },
];

test.each(OPTIMIZERS)(
  '[LP3] steps of an optimizer, $kind, leave the same parameters and slots',
  (options) => {
    const spec = completeOptimizerSpec(options);
    const loops = simdLoops();
    const [fast, plain] = [createOptimizer(spec, loops), createOptimizer(spec)];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }).chain(threeVectors), ([params, ...gradients]) => {
        const finite = (vector: Float32Array) => vector.map((x) => (Math.abs(x) < 1e15 ? x : 0));
        const rooms = (vector: Float32Array) => placed(loops, finite(vector));
        const slots = createSlots(plain, params.length);
        const own = { params: rooms(params), slots: slots.map(rooms) };
        const theirs = { params: finite(params), slots };
        gradients.forEach((gradient, step) => {
          const mean = rooms(gradient);
          fast.apply(own.params, mean, own.slots, step);
          plain.apply(theirs.params, finite(gradient), theirs.slots, step);
          loops.free(mean);
        });
        expect([own.params, ...own.slots].map(bitsOf)).toEqual([theirs.params, ...theirs.slots].map(bitsOf));
        for (const vector of [own.params, ...own.slots]) loops.free(vector);
      }),
    );
  },
);

describe('room', () => {
  test('[LP4] no two rooms overlap, and what is given back is given out again', () => {
    const loops = createSimdLoops(3 * roomBytes(5))!;
    const [a, b, c] = [loops.room(5)!, loops.room(5)!, loops.room(5)!];
    [a, b, c].forEach((vector, i) => void vector.fill(i));
    expect([a, b, c].map((vector) => [...new Set(vector)])).toEqual([[0], [1], [2]]);
    expect(loops.free(b)).toBe(true);
    expect(loops.room(5)?.byteOffset).toBe(b.byteOffset);
  });

  test('[LP4] where there is none left, nothing is given', () => {
    const loops = createSimdLoops(0)!;
    expect(loops.room(2 ** 20)).toBeUndefined();
    expect(loops.room(0)).toBeUndefined();
    expect(loops.free(new Float32Array(5))).toBe(false);
  });

  test('[LP4] room that is given back twice is a programmer’s error, never two vectors in one place', () => {
    const loops = createSimdLoops(roomBytes(5))!;
    const room = loops.room(5)!;
    loops.free(room);
    expect(() => loops.free(room)).toThrow('free already');
  });
});

describe('a machine that lacks something', () => {
  afterEach(() => void vi.unstubAllGlobals());

  test('[LP6] without WebAssembly there are no such loops, and nothing is thrown', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(createSimdLoops(1_000)).toBeUndefined();
  });

  test('[LP6] without that much memory there are none either', () => {
    class Memory {
      constructor() {
        throw new RangeError('could not allocate memory');
      }
    }
    vi.stubGlobal('WebAssembly', { ...WebAssembly, Memory });
    expect(createSimdLoops(1_000)).toBeUndefined();
  });
});

function simdLoops(): Loops {
  const loops = createSimdLoops(2 ** 20);
  if (loops === undefined) throw new Error('This machine has no WebAssembly with SIMD.');
  return loops;
}

/** What a loop says, and what it leaves in three vectors, each in the loops' own memory or elsewhere. */
function resultOf(
  loop: (typeof LOOPS)[string],
  loops: Loops,
  vectors: readonly Float32Array[],
  isInside: (i: number) => boolean = () => false,
  part: (vector: Float32Array) => Float32Array = (vector) => vector,
): unknown {
  const own = vectors.map((vector, i) => (isInside(i) ? placed(loops, vector) : vector.slice()));
  const [a, b, c] = own.map(part);
  const said = loop(loops, a!, b!, c!);
  // What a newcomer that is not finite has become is nobody's any more.
  return said === false ? false : [said, ...own.map(bitsOf)];
}

function placed(loops: Loops, vector: Float32Array): Float32Array {
  const room = loops.room(vector.length) ?? new Float32Array(vector.length);
  room.set(vector);
  return room;
}

/** Any bits at all, ordinary numbers, and the corners. */
function threeVectors(length: number): fc.Arbitrary<readonly [Float32Array, Float32Array, Float32Array]> {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const corners = [0, -0, 2 ** -126, -(2 ** -126), 2 ** -126 - 2 ** -149, -(2 ** -149), 3.4e38, -3.4e38];
  const extremes = [Number.NaN, Infinity, -Infinity];
  const ordinary = fc.oneof(
    { arbitrary: fc.float({ min: -2, max: 2, noNaN: true }), weight: 4 },
    { arbitrary: fc.constantFrom(...corners), weight: 2 },
  );
  const of = (element: fc.Arbitrary<number>) => fc.array(element, { minLength: length, maxLength: length });
  const vector = fc.oneof(
    of(word).map((words) => new Float32Array(Int32Array.from(words).buffer)),
    of(ordinary).map((xs) => Float32Array.from(xs)),
    of(fc.oneof(ordinary, fc.constantFrom(...extremes))).map((xs) => Float32Array.from(xs)),
  );
  return fc.tuple(vector, vector, vector);
}

/** Bits, and every NaN as one: neither language says which it is. */
function bitsOf(vector: Float32Array): number[] {
  const bits = new Int32Array(vector.slice().buffer);
  return [...bits].map((word, i) => (Number.isNaN(vector[i]) ? 0x7fc00000 : word));
}

function firstDifference(a: Float32Array, b: Float32Array): number {
  const [x, y] = [bitsOf(a), bitsOf(b)];
  return x.findIndex((word, i) => word !== y[i]);
}

function bytesOf(vector: Float32Array, encodedBytes: (length: number) => number): Uint8Array {
  return new Uint8Array(vector.slice().buffer).subarray(0, encodedBytes(vector.length));
}

/** Segments begin with numbers as gradients have them: a scale is any. */
function int8BytesOf(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(codecOf({ kind: 'int8' }).encodedBytes(vector.length));
  bytes.set(bytesOf(vector, () => vector.byteLength).subarray(0, bytes.length));
  return bytes;
}
