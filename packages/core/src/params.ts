/**
 * Parameters are flat: one Float32Array for a whole model, and a layout that says which tensor lies where.
 * Summing, optimizing, compressing, hashing, storing and sending are then loops over one vector, whatever
 * the model. Non-trainable state (batch-norm statistics) is a second flat vector with a layout of its own.
 */

/** One tensor inside a flat vector; `offset` and `size` count float32 elements. */
export interface ParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Tensors in order, without gaps: each starts where the one before ends. */
export type ParamLayout = readonly ParamSpec[];

/** Lays tensors out one behind the other in the order given. */
export function layoutOf(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): ParamLayout {
  let offset = 0;
  return tensors.map(({ name, shape }) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const spec: ParamSpec = { name, shape: [...shape], offset, size };
    offset += size;
    return spec;
  });
}

/** How many float32 elements a vector of this layout holds. */
export function layoutSize(layout: ParamLayout): number {
  const last = layout.at(-1);
  return last === undefined ? 0 : last.offset + last.size;
}

/**
 * Names one content of the parameters. The incarnation rises with every recovery of the server, so that a
 * version computed again after a crash never shares a name with the one that was lost.
 */
export interface ParamsVersion {
  readonly incarnation: number;
  readonly step: number;
}

/** What a run begins with. */
export const FIRST_VERSION: ParamsVersion = { incarnation: 1, step: 0 };

export function formatVersion(version: ParamsVersion): string {
  return `${version.incarnation}-${version.step}`;
}

/** The version written as `incarnation-step`, or undefined when the text is anything else. */
export function parseVersion(text: string): ParamsVersion | undefined {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(text);
  return match === null ? undefined : { incarnation: Number(match[1]), step: Number(match[2]) };
}

/** Of a later incarnation, or later in the same one. */
export function isNewer(a: ParamsVersion, b: ParamsVersion): boolean {
  return a.incarnation === b.incarnation ? a.step > b.step : a.incarnation > b.incarnation;
}

/** Of the same incarnation, and later. */
export function isSuccessor(a: ParamsVersion, b: ParamsVersion): boolean {
  return a.incarnation === b.incarnation && a.step > b.step;
}

export function sameVersion(a: ParamsVersion, b: ParamsVersion): boolean {
  return a.incarnation === b.incarnation && a.step === b.step;
}
