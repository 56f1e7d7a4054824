/**
 * What a lossy codec did not send is kept, as a *residual*, and added to the next vector before that is encoded (Seide et
 * al., 2014; Karimireddy et al., 2019): so nothing is lost, it only comes later.
 *
 * Whether an answer counts is known long after it was encoded, and two answers may be on their way at once. So the
 * residual is *lent*: the answer that is encoded first takes all of it, and the next one starts from zeros. When an answer
 * is accepted, what it left out is the residual; when it is not, what it was lent comes back. At any time
 *
 *     decoded of all that was accepted + residual + all that is lent  =  given with all that was accepted
 *
 * but for the rounding of each addition. A value: every change makes another, and no vector in it is written to.
 *
 * One number that is not finite would be lent to every later answer, and each of them refused for it. So a vector that is
 * not finite is lent nothing, and a residual that makes a finite one overflow is given up, and counted.
 */

import { assert } from '../assert.ts';
import type { Codec } from './codec.ts';
import { allFinite } from './finite.ts';

export interface ErrorFeedback {
  readonly residual: Float32Array;
  /** Of each lease whose answer is on its way. */
  readonly onTheWay: ReadonlyMap<number, OnTheWay>;
  /** Residuals that were given up because the vector that they were due with overflowed. */
  readonly overflows: number;
}

interface OnTheWay {
  /** The residual that was added to the answer. */
  readonly lent: Float32Array;
  /** What is still missing when the answer is accepted. */
  readonly leftOut: Float32Array;
}

/** Begins with a residual that was withdrawn before, or with zeros. */
export function startErrorFeedback(residual: Float32Array): ErrorFeedback {
  return { residual, onTheWay: new Map(), overflows: 0 };
}

/** Encodes the answer to this lease together with the residual. Reads `vector` only. */
export function withhold(
  feedback: ErrorFeedback,
  lease: number,
  vector: Float32Array,
  codec: Codec,
  seed: number,
): { readonly bytes: Uint8Array; readonly feedback: ErrorFeedback } {
  const { residual, onTheWay } = feedback;
  assert(!onTheWay.has(lease), 'withhold', `the answer to lease ${lease} is on its way already`);
  assert(
    residual.length === vector.length,
    'withhold',
    `a residual of ${residual.length} for ${vector.length}`,
  );
  const together = sum(vector, residual);
  const overflows = !allFinite(together);
  if (overflows && !allFinite(vector)) return { bytes: codec.encode(vector, seed), feedback };
  const due = overflows ? vector : together;
  const lent = overflows ? new Float32Array(due.length) : residual;
  const bytes = codec.encode(due, seed);
  const decoded = codec.decode(bytes, due.length);
  assert(typeof decoded !== 'string', 'withhold', 'a codec refused its own bytes');
  const leftOut = new Float32Array(due.length);
  for (let i = 0; i < due.length; i++) leftOut[i] = due[i]! - decoded[i]!;
  return {
    bytes,
    feedback: {
      residual: new Float32Array(due.length),
      onTheWay: new Map(onTheWay).set(lease, { lent, leftOut }),
      overflows: feedback.overflows + (overflows ? 1 : 0),
    },
  };
}

/** The answer to this lease counts. */
export function commit(feedback: ErrorFeedback, lease: number): ErrorFeedback {
  return settle(feedback, lease, ({ leftOut }) => leftOut);
}

/** The answer to this lease does not count: it was refused, came too late, or another was first. */
export function takeBack(feedback: ErrorFeedback, lease: number): ErrorFeedback {
  return settle(feedback, lease, ({ lent }) => lent);
}

/** Takes all out that was not sent; what is on its way is held to be in vain. */
export function withdraw(feedback: ErrorFeedback): {
  readonly residual: Float32Array;
  readonly feedback: ErrorFeedback;
} {
  const { residual } = [...feedback.onTheWay.keys()].reduce(takeBack, feedback);
  const nothing = new Float32Array(residual.length);
  return { residual, feedback: { ...feedback, residual: nothing, onTheWay: new Map() } };
}

/** What was withdrawn, here or from another, is due with the next answer. Residuals add up. */
export function deposit(feedback: ErrorFeedback, residual: Float32Array): ErrorFeedback {
  return { ...feedback, residual: sum(feedback.residual, residual) };
}

/** A lease without an answer on its way, such as a backup copy, changes nothing. */
function settle(
  feedback: ErrorFeedback,
  lease: number,
  backOf: (answer: OnTheWay) => Float32Array,
): ErrorFeedback {
  const answer = feedback.onTheWay.get(lease);
  if (answer === undefined) return feedback;
  const onTheWay = new Map(feedback.onTheWay);
  onTheWay.delete(lease);
  return { ...feedback, residual: sum(feedback.residual, backOf(answer)), onTheWay };
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) both[i] = a[i]! + b[i]!;
  return both;
}
