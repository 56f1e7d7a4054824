/** Programs that are issued here lead to what the library makes of them itself, byte for byte. */

import { DType, defaultDevice, getWebGPUDevice, grad, init, jit, numpy as np } from '@jax-js/jax';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startJaxGpu } from './jax-gpu-device.ts';
import type { JaxRun, Shape } from './traced-pass.ts';

beforeAll(async () => {
  await init('webgpu');
  defaultDevice('webgpu');
});

const SIZE = 24;
const PARAMS = Float32Array.from({ length: SIZE }, (_, i) => Math.sin(1 + i * 0.7));

const RUNS: readonly { readonly name: string; readonly given: readonly Shape[]; readonly run: JaxRun }[] = [
  {
    name: 'several shaders whose arrays share buffers',
    given: [[5, 4]],
    run: ({ params }, [inputs]) => {
      const hidden = np.tanh(np.matmul(inputs!, params.reshape([4, 6])));
      const next = np.tanh(np.matmul(hidden.ref, hidden.transpose()));
      return [np.matmul(next.ref, next.ref).sum(0), next.max()].map((array) => array.reshape([-1]));
    },
  },
  {
    name: 'a gradient by several tensors',
    given: [[SIZE]],
    run: ({ params }, [inputs]) => [grad((at: np.Array) => np.exp(at.mul(inputs!)).sum())(params)],
  },
  {
    name: 'what has to be zeros before it is written',
    given: [[7]],
    run: ({ params }, [places]) => [
      grad((at: np.Array) => np.square(np.take(at, places!.astype(DType.Int32))).sum())(params),
    ],
  },
  {
    name: 'a shader that runs several times, with other constants',
    given: [[700]],
    run: ({ params }, [inputs]) => {
      params.dispose();
      return [np.sort(inputs!)];
    },
  },
  {
    name: 'a constant, and an input that is given back as it is',
    given: [[3]],
    run: ({ params }, [inputs]) => [inputs!, np.full([4], 7), params],
  },
  {
    name: 'numbers that the pass brings with it',
    given: [[3]],
    run: ({ params }, [inputs]) => {
      params.dispose();
      return [inputs!.add(np.array([0.25, 7, -3]))];
    },
  },
];

test.each(RUNS)(
  '[JX8] what is issued as one list is what the library computes: $name',
  async ({ given, run }) => {
    const device = await startJaxGpu({ params: SIZE, state: 0 });
    const pass = await device.prepare(run, given, () => {});
    device.write(PARAMS, new Float32Array(0));
    const theirs = jit((params: np.Array, arrays: np.Array[]) => run({ params, state: [] }, arrays));
    // Twice with other numbers: nothing is left of the time before.
    for (const salt of [1, 2]) {
      const values = given.map((shape) => {
        const length = shape.reduce((product, one) => product * one, 1);
        return Float32Array.from({ length }, (_, i) => Math.abs(Math.sin(salt + i * 12.9898) * 20) % SIZE);
      });
      const arrays = values.map((array, i) => np.array(array, { shape: [...given[i]!] }));
      const expected = theirs(np.array(PARAMS), arrays);
      for (const [i, array] of expected.entries()) {
        expect(await device.read(pass(values)[i]!)).toEqual(await array.data());
      }
    }
    device.dispose();
  },
);

test('[JX9] a unit, from its samples to its place in the fold, is one submission', async () => {
  const submit = vi.spyOn(getWebGPUDevice().queue, 'submit');
  onTestFinished(() => submit.mockRestore());
  const device = await startJaxGpu({ params: SIZE, state: 0 });
  const { run, given } = RUNS[0]!;
  const pass = await device.prepare(run, given, () => {});
  const fold = device.fold();
  for (const units of [1, 2, 3]) {
    await fold.add(pass([new Float32Array(20)]));
    expect(submit).toHaveBeenCalledTimes(units);
  }
  device.dispose();
});
