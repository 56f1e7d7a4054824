/** Samples that the model never learned from: examples to try, and the range that its inputs have. */

import { decodeSafetensors, type JobProgram, ROUTES } from '@manyhands/protocol';
import { useFile } from '../../live/api.ts';

export interface HeldOut {
  readonly count: number;
  /** Inputs of sample `index` as the model wants them. */
  input(index: number): Float32Array;
  /** Name of its class; undefined where there are no classes. */
  answer(index: number): string | undefined;
}

export type HeldOutState =
  /** `trouble` says what keeps them, while it is tried again. */
  | { readonly at: 'fetching'; readonly trouble: string | undefined }
  | { readonly at: 'here'; readonly heldOut: HeldOut }
  /** The server keeps no samples of earlier runs. */
  | { readonly at: 'none'; readonly sentence: string };

/** The first shard of the held-out set. */
export function useHeldOut(program: JobProgram): HeldOutState {
  const path = ROUTES.samples(program.id, 'evaluation', 0);
  const { data, error, failureReason } = useFile(path, (bytes) => read(bytes, program));
  if (data !== undefined) return { at: 'here', heldOut: data };
  if (error !== null) return { at: 'none', sentence: error.message };
  return { at: 'fetching', trouble: failureReason?.message };
}

function read(bytes: Uint8Array<ArrayBuffer>, { samples }: JobProgram): HeldOut {
  const file = decodeSafetensors(bytes);
  if (typeof file === 'string') throw new Error(file);
  const find = (name: string) => file.find((tensor) => tensor.name === name);
  const [inputs, targets] = [find('inputs'), find('targets')];
  if (inputs === undefined || targets === undefined) throw new Error('The file of samples holds no samples.');
  const values = numbers(inputs);
  const classes = numbers(targets);
  const size = samples.input.shape.reduce((product, axis) => product * axis, 1);
  return {
    count: Math.floor(values.length / size),
    input: (index) =>
      Float32Array.from(
        values.subarray(index * size, (index + 1) * size),
        (value) => value * samples.input.scale,
      ),
    answer: (index) =>
      samples.target.kind === 'class' ? samples.target.classes[classes[index]!] : undefined,
  };
}

function numbers({
  dtype,
  bytes,
}: {
  readonly dtype: string;
  readonly bytes: Uint8Array;
}): Float32Array | Uint8Array {
  if (dtype === 'U8') return bytes;
  return new Float32Array(bytes.slice().buffer);
}
