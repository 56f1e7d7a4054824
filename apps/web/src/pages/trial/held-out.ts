/** Samples that the model never learned from: examples to try, and the range that its inputs have. */

import { decodeSafetensors, type JobProgram, ROUTES } from '@manyhands/protocol';
import { useQuery } from '@tanstack/react-query';
import { getBytes } from '../../live/api.ts';

export interface HeldOut {
  readonly count: number;
  /** Inputs of sample `index` as the model wants them. */
  input(index: number): Float32Array;
  /** Name of its class; undefined where there are no classes. */
  answer(index: number): string | undefined;
}

/** The first shard of the held-out set; undefined until it is here. */
export function useHeldOut(program: JobProgram): HeldOut | undefined {
  const path = ROUTES.samples(program.id, 'evaluation', 0);
  const { data } = useQuery({
    queryKey: ['held-out', path],
    queryFn: async () => read(await getBytes(path), program),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data;
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
