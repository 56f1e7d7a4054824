/**
 * Parameters, whichever way they came: by frame, as every volunteer gets them once a round, or by download, as joiners
 * do. Either way they are checked against the layouts of the program before anything believes them.
 */

import {
  allFinite,
  FIRST_VERSION,
  fingerprint,
  float32Codec,
  formatVersion,
  initialize,
  layoutSize,
  type ParamLayout,
  type ParamsVersion,
} from '@manyhands/core';
import {
  decodeSafetensors,
  type Frame,
  type JobProgram,
  LIMITS,
  ROUTES,
  type Tensor,
} from '@manyhands/protocol';
import type { Download } from './download.ts';
import { type Failure, isFailure } from './failure.ts';

export interface Parameters {
  readonly version: ParamsVersion;
  /** Trainable, P floats. */
  readonly params: Float32Array;
  /** Non-trainable, S floats. */
  readonly state: Float32Array;
}

type Layouts = Pick<JobProgram['model'], 'params' | 'state'>;

/**
 * The version that a run begins with, where the program tells how it is drawn; undefined where it does not, and where this browser comes
 * to other numbers than the server did.
 */
export function drawParameters({
  params,
  state,
  drawn,
}: Layouts & Pick<JobProgram['model'], 'drawn'>): Parameters | undefined {
  if (drawn === undefined) return undefined;
  const sizes = [...params, ...state].map(({ size }) => size);
  const vector = initialize(sizes, drawn.initializers);
  if (!allFinite(vector) || fingerprint(vector) !== drawn.fingerprint) return undefined;
  const split = layoutSize(params);
  return { version: FIRST_VERSION, params: vector.subarray(0, split), state: vector.subarray(split) };
}

/** The parameters that a frame carries; they lie in its memory. */
export function parametersOfFrame(frame: Frame, layouts: Layouts): Parameters | Failure {
  const split = layoutSize(layouts.params);
  const length = split + layoutSize(layouts.state);
  if (frame.kind !== 'params' || frame.elements !== length)
    return malformed(`of another size (${frame.elements} numbers where ${length} were due)`);
  if (frame.codec !== 'float32') return malformed(`encoded as ${frame.codec}`);
  const vector = float32Codec.decode(frame.body, length);
  if (typeof vector === 'string' || !allFinite(vector)) return malformed('with a number that is not finite');
  return { version: frame.version, params: vector.subarray(0, split), state: vector.subarray(split) };
}

export async function fetchParameters(
  download: Download,
  server: string,
  program: Pick<JobProgram, 'id' | 'model'>,
  version: ParamsVersion,
): Promise<Parameters | Failure> {
  const url = new URL(ROUTES.params(program.id, formatVersion(version)), server).href;
  const file = await download(url, { bytesMax: LIMITS.frameBytesMax + HEADER_BYTES_MAX });
  return isFailure(file) ? file : parametersOfFile(file, program.model, version);
}

export function parametersOfFile(
  file: Uint8Array,
  layouts: Layouts,
  version: ParamsVersion,
): Parameters | Failure {
  const tensors = decodeSafetensors(file);
  if (typeof tensors === 'string') return malformed(`in a file that cannot be read (${tensors})`);
  const params = gather(tensors, layouts.params);
  if (typeof params === 'string') return malformed(params);
  const state = gather(tensors, layouts.state);
  return typeof state === 'string' ? malformed(state) : { version, params, state };
}

/** A safetensors header names each tensor once. */
const HEADER_BYTES_MAX = 1024 * 1024;

/** The tensors of a layout as one flat vector, or which of them is missing. */
function gather(tensors: readonly Tensor[], layout: ParamLayout): Float32Array | string {
  const vector = new Float32Array(layoutSize(layout));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const { name, offset, size } of layout) {
    const tensor = byName.get(name);
    if (tensor?.dtype !== 'F32' || tensor.bytes.byteLength !== size * 4)
      return `without the tensor ${name} as the model has it`;
    const values = float32Codec.decode(tensor.bytes, size);
    if (typeof values === 'string' || !allFinite(values))
      return `whose tensor ${name} holds a number that is not finite`;
    vector.set(values, offset);
  }
  return vector;
}

function malformed(flaw: string): Failure {
  return { failure: 'malformed', sentence: `The server sent parameters ${flaw}: reload the page.` };
}
