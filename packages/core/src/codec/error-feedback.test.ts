import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CodecSpec } from './codec-spec.ts';
import { codecOf } from './codecs.ts';
import {
  commit,
  deposit,
  type ErrorFeedback,
  encodeDue,
  moveParts,
  partsOf,
  startErrorFeedback,
  sumOfParts,
  takeBack,
  withdraw,
  withhold,
} from './error-feedback.ts';
import { vectorOf } from './testing/codec-contract.ts';

const LENGTH = 300;
const specs: readonly CodecSpec[] = [
  { kind: 'float16' },
  { kind: 'int8' },
  { kind: 'top-k', kept: 64, bits: 32 },
  { kind: 'top-k', kept: 64, bits: 2 },
];
const zeros = () => startErrorFeedback();
const residualOf = ({ residual }: ErrorFeedback) => sumOfParts(residual, LENGTH);

/** What an answer is worth to who decodes it. */
function answer(feedback: ErrorFeedback, lease: number, vector: Float32Array, spec: CodecSpec) {
  const codec = codecOf(spec);
  const lent = feedback.residual;
  const encoded = encodeDue(vector, lent, codec, lease);
  const decoded = codec.decode(encoded.bytes, vector.length) as Float32Array;
  return { ...encoded, feedback: withhold(feedback, lease, lent, encoded), decoded };
}

describe.each(specs.map((spec) => [JSON.stringify(spec), spec] as const))(
  'error feedback round %s',
  (_, spec) => {
    test('[EF1] what was decoded, is lent and is residual adds up to what was given, whatever was accepted and when', () => {
      const moves = fc.array(
        fc.record({ what: fc.constantFrom('answer', 'commit', 'takeBack'), of: fc.nat() }),
        {
          maxLength: 60,
        },
      );
      fc.assert(
        fc.property(moves, (list) => {
          let feedback = zeros();
          const onTheWay = new Map<number, { given: Float32Array; decoded: Float32Array }>();
          const given = new Float64Array(LENGTH);
          const arrived = new Float64Array(LENGTH);
          list.forEach(({ what, of }, move) => {
            const lease = [...onTheWay.keys()][of % onTheWay.size];
            if (what === 'answer') {
              const vector = gradientOf(move);
              const { decoded, feedback: next } = answer(feedback, move, vector, spec);
              onTheWay.set(move, { given: vector, decoded });
              feedback = next;
            } else if (lease !== undefined) {
              const settled = onTheWay.get(lease)!;
              onTheWay.delete(lease);
              feedback = (what === 'commit' ? commit : takeBack)(feedback, lease);
              if (what === 'takeBack') return;
              add(given, settled.given);
              add(arrived, settled.decoded);
            }
          });
          for (const lease of onTheWay.keys()) feedback = takeBack(feedback, lease);
          add(arrived, residualOf(feedback));
          const off = arrived.findIndex((x, i) => !(Math.abs(x - given[i]!) < 1e-4));
          expect(off).toBe(-1);
        }),
      );
    });

    test('[EF2] an answer that does not count leaves the residual as it was', () => {
      const first = answer(zeros(), 1, gradientOf(1), spec);
      const before = commit(first.feedback, 1);
      const second = answer(before, 2, gradientOf(2), spec);
      expect(takeBack(second.feedback, 2).residual).toEqual(before.residual);
    });

    test('[EF3] of two answers on their way only one was given the residual', () => {
      const before = commit(answer(zeros(), 1, gradientOf(1), spec).feedback, 1);
      const [a, b] = [gradientOf(2), gradientOf(3)];
      const first = answer(before, 2, a, spec);
      const second = answer(first.feedback, 3, b, spec);
      const together = a.map((x, i) => x + residualOf(before)[i]!);
      expect(first.bytes).toEqual(codecOf(spec).encode(together, 2));
      expect(second.bytes).toEqual(codecOf(spec).encode(b, 3));
    });

    test('[EF4] a change makes another value: the one before can be gone on from again', () => {
      const before = commit(answer(zeros(), 1, gradientOf(1), spec).feedback, 1);
      const residual = residualOf(before);
      const vector = gradientOf(2);
      const next = answer(before, 2, vector, spec).feedback;
      const after = residualOf(commit(next, 2));
      expect(vector).toEqual(gradientOf(2));
      expect(before).toEqual({ residual: [residual], onTheWay: new Map() });
      expect(residualOf(commit(next, 2))).toEqual(after);
    });

    test('[EF5] given the same vector round after round, on average it arrives, and the residual stays bounded', () => {
      const vector = gradientOf(5);
      const largest = vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      const rounds = 2_000;
      const arrived = new Float64Array(LENGTH);
      let feedback = zeros();
      for (let round = 0; round < rounds; round++) {
        const { decoded, feedback: next } = answer(feedback, round, vector, spec);
        feedback = commit(next, round);
        add(arrived, decoded);
      }
      // An element waits at most for all others to have had their turn, twice.
      const boundOfResidual = (largest * 2 * LENGTH) / 4;
      expect(residualOf(feedback).every((x) => Math.abs(x) < boundOfResidual)).toBe(true);
      expect(arrived.every((x, i) => Math.abs(x / rounds - vector[i]!) < boundOfResidual / rounds)).toBe(
        true,
      );
    });
  },
);

test('[EF6] a lease without an answer on its way changes nothing, and one answer is not withheld twice', () => {
  const feedback = commit(answer(zeros(), 1, gradientOf(1), { kind: 'int8' }).feedback, 1);
  expect(commit(feedback, 7)).toBe(feedback);
  expect(takeBack(feedback, 1)).toBe(feedback);
  const { feedback: next } = answer(feedback, 2, gradientOf(2), { kind: 'int8' });
  expect(() => answer(next, 2, gradientOf(2), { kind: 'int8' })).toThrow('lease 2');
});

test('[EF7] a vector that is not finite arrives as one, and is lent nothing: the residual stays for the next', () => {
  const before = commit(answer(zeros(), 1, gradientOf(1), { kind: 'int8' }).feedback, 1);
  for (const spec of specs) {
    const vector = gradientOf(2);
    vector[77] = Number.NaN;
    const { decoded, feedback, residual } = answer(before, 2, vector, spec);
    expect(residual).toBe('kept');
    expect(decoded.every(Number.isFinite)).toBe(false);
    expect([feedback, takeBack(feedback, 2)]).toEqual([before, before]);
  }
});

test('[EF9] what is withdrawn is all that was not sent, also what is lent, and is due where it is deposited', () => {
  const before = commit(answer(zeros(), 1, gradientOf(1), { kind: 'int8' }).feedback, 1);
  const after = answer(before, 2, gradientOf(2), { kind: 'int8' }).feedback;
  const withdrawn = withdraw(after);
  expect(withdrawn).toEqual(before.residual);
  const other = commit(answer(zeros(), 1, gradientOf(4), { kind: 'int8' }).feedback, 1);
  const both = residualOf(other).map((x, i) => x + residualOf(before)[i]!);
  expect(residualOf(deposit(other, ...withdrawn))).toEqual(both);
});

test('[EF10] what is lent is here when it is withheld, and parts that moved are where they went, or lost', () => {
  const before = commit(answer(zeros(), 1, gradientOf(1), { kind: 'int8' }).feedback, 1);
  const after = answer(before, 2, gradientOf(2), { kind: 'int8' }).feedback;
  const [lent, leftOut] = partsOf(after);
  const encoded = encodeDue(gradientOf(3), [lent!], codecOf({ kind: 'int8' }), 3);
  expect(() => withhold(after, 3, [lent!], encoded)).toThrow('lease 3 was lent what is not here');
  const elsewhere = leftOut!.slice();
  const places = new Map([[leftOut!, elsewhere] as const, [lent!, undefined] as const]);
  const moved = moveParts(after, places);
  expect(partsOf(moved)).toEqual([elsewhere]);
  expect(commit(moved, 2).residual[0]).toBe(elsewhere);
  expect(takeBack(moved, 2)).toEqual(zeros());
});

test('[EF8] a residual with which a finite vector overflows is given up and said to be, and the next answers are finite', () => {
  for (const spec of specs) {
    for (const huge of [3e38, Number.POSITIVE_INFINITY, Number.NaN]) {
      const residual = new Float32Array(LENGTH).fill(huge, 77, 78);
      const vector = gradientOf(2).fill(3e38, 77, 78);
      const { decoded, feedback, ...given } = answer(startErrorFeedback(residual), 2, vector, spec);
      const fresh = answer(zeros(), 2, vector, spec);
      expect(decoded).toEqual(fresh.decoded);
      expect(given.residual).toBe('given-up');
      for (const settle of [commit, takeBack]) {
        const after = settle(feedback, 2);
        expect(after).toEqual(settle(fresh.feedback, 2));
        const next = answer(after, 3, gradientOf(3), spec);
        expect(next.decoded.every(Number.isFinite)).toBe(true);
        expect(next.residual).toBe('sent');
      }
    }
  }
});

/** Of ordinary size: between −1 and 1. */
function gradientOf(seed: number): Float32Array {
  return vectorOf(LENGTH, seed).map((_, i) => Math.sin(seed * 1000 + i * i) ** 3);
}

function add(sum: Float64Array, vector: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
}
