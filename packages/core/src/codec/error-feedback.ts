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
 * A residual is a sum of *parts*, each wherever it was made: here, or on a device that encodes there. So to keep account of them
 * is to move parts about, and whoever encodes adds them up.
 *
 * One number that is not finite would be lent to every later answer, and each of them refused for it. So a vector that is
 * not finite is lent nothing, and a residual that makes a finite one overflow is given up, and that is said.
 */

import { assert } from '../assert.ts';
import type { Codec } from './codec.ts';
import { allFinite } from './finite.ts';

export interface ErrorFeedback<Part = Float32Array> {
  /** Vectors of one length, or none: zeros. */
  readonly residual: readonly Part[];
  /** Of each lease whose answer is on its way. */
  readonly onTheWay: ReadonlyMap<number, OnTheWay<Part>>;
}

interface OnTheWay<Part> {
  /** The residual that was added to the answer. */
  readonly lent: readonly Part[];
  /** What is still missing when the answer is accepted. */
  readonly leftOut: readonly Part[];
}

/** A vector that was encoded together with a residual. */
export type Encoded<Part = Float32Array> =
  /** All that was due is sent, but for what is left out. */
  | { readonly residual: 'sent'; readonly bytes: Uint8Array; readonly leftOut: Part }
  /** Together they overflowed, and so would the next: the vector was encoded alone. */
  | { readonly residual: 'given-up'; readonly bytes: Uint8Array; readonly leftOut: Part }
  /** The vector is not finite, and arrives as one. */
  | { readonly residual: 'kept'; readonly bytes: Uint8Array };

/** Begins with a residual that was withdrawn before, or with zeros. */
export function startErrorFeedback<Part = Float32Array>(...residual: readonly Part[]): ErrorFeedback<Part> {
  return { residual, onTheWay: new Map() };
}

/** Encodes a vector together with a residual of its length. Only reads them. */
export function encodeDue(
  vector: Float32Array,
  residual: readonly Float32Array[],
  codec: Codec,
  seed: number,
): Encoded {
  const together = sumOfParts([vector, ...residual], vector.length);
  const overflows = !allFinite(together);
  if (overflows && !allFinite(vector)) return { residual: 'kept', bytes: codec.encode(vector, seed) };
  const due = overflows ? vector : together;
  const bytes = codec.encode(due, seed);
  const decoded = codec.decode(bytes, due.length);
  assert(typeof decoded !== 'string', 'encodeDue', 'a codec refused its own bytes');
  const leftOut = new Float32Array(due.length);
  for (let i = 0; i < due.length; i++) leftOut[i] = due[i]! - decoded[i]!;
  return { residual: overflows ? 'given-up' : 'sent', bytes, leftOut };
}

/** The answer to this lease was encoded with parts of the residual that are still here, and goes on its way. */
export function withhold<Part>(
  feedback: ErrorFeedback<Part>,
  lease: number,
  lent: readonly Part[],
  encoded: Encoded<Part>,
): ErrorFeedback<Part> {
  const { residual, onTheWay } = feedback;
  assert(!onTheWay.has(lease), 'withhold', `the answer to lease ${lease} is on its way already`);
  const isHere = lent.every((part) => residual.includes(part));
  assert(isHere, 'withhold', `lease ${lease} was lent what is not here`);
  if (encoded.residual === 'kept') return feedback;
  const answer = { lent: encoded.residual === 'sent' ? lent : [], leftOut: [encoded.leftOut] };
  return {
    residual: residual.filter((part) => !lent.includes(part)),
    onTheWay: new Map(onTheWay).set(lease, answer),
  };
}

/** The answer to this lease counts. */
export function commit<Part>(feedback: ErrorFeedback<Part>, lease: number): ErrorFeedback<Part> {
  return settle(feedback, lease, ({ leftOut }) => leftOut);
}

/** The answer to this lease does not count: it was refused, came too late, or another was first. */
export function takeBack<Part>(feedback: ErrorFeedback<Part>, lease: number): ErrorFeedback<Part> {
  return settle(feedback, lease, ({ lent }) => lent);
}

/** Takes all out that was not sent; what is on its way is held to be in vain. */
export function withdraw<Part>(feedback: ErrorFeedback<Part>): readonly Part[] {
  return [...feedback.onTheWay.keys()].reduce(takeBack<Part>, feedback).residual;
}

/** What was withdrawn, here or from another, is due with the next answer. Residuals add up. */
export function deposit<Part>(
  feedback: ErrorFeedback<Part>,
  ...residual: readonly Part[]
): ErrorFeedback<Part> {
  return { ...feedback, residual: [...feedback.residual, ...residual] };
}

/** Every part that it holds, of what is lent and left out too. */
export function partsOf<Part>({ residual, onTheWay }: ErrorFeedback<Part>): readonly Part[] {
  return [...residual, ...[...onTheWay.values()].flatMap(({ lent, leftOut }) => [...lent, ...leftOut])];
}

/** Parts that have moved: what each is now, or undefined where it is lost. */
export function moveParts<Part>(
  { residual, onTheWay }: ErrorFeedback<Part>,
  places: ReadonlyMap<Part, Part | undefined>,
): ErrorFeedback<Part> {
  const after = (parts: readonly Part[]) =>
    parts.flatMap((part) => {
      const now = places.has(part) ? places.get(part) : part;
      return now === undefined ? [] : [now];
    });
  return {
    residual: after(residual),
    onTheWay: new Map(
      [...onTheWay].map(([lease, { lent, leftOut }]) => [
        lease,
        { lent: after(lent), leftOut: after(leftOut) },
      ]),
    ),
  };
}

/** The sum of vectors of this length, in a vector of its own. */
export function sumOfParts(vectors: readonly Float32Array[], length: number): Float32Array {
  const sum = new Float32Array(length);
  for (const [n, vector] of vectors.entries()) {
    assert(vector.length === length, 'sumOfParts', `a vector of ${vector.length} among those of ${length}`);
    if (n === 0) sum.set(vector);
    else for (let i = 0; i < length; i++) sum[i]! += vector[i]!;
  }
  return sum;
}

/** A lease without an answer on its way, such as a backup copy, changes nothing. */
function settle<Part>(
  feedback: ErrorFeedback<Part>,
  lease: number,
  backOf: (answer: OnTheWay<Part>) => readonly Part[],
): ErrorFeedback<Part> {
  const answer = feedback.onTheWay.get(lease);
  if (answer === undefined) return feedback;
  const onTheWay = new Map(feedback.onTheWay);
  onTheWay.delete(lease);
  return { residual: [...feedback.residual, ...backOf(answer)], onTheWay };
}
