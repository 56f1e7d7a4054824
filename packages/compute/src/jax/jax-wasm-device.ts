/** jax-js on WASM: the library compiles passes and runs them. */

import { jit, numpy as np } from '@jax-js/jax';
import { type ContributionShape, contributionLength } from '@manyhands/core';
import { createMemoryFold } from '../memory-fold.ts';
import { type JaxDevice, startBackend } from './jax-device.ts';
import type { WeightArrays } from './traced-pass.ts';

export async function startJaxWasm(shape: ContributionShape): Promise<JaxDevice<np.Array>> {
  await startBackend('wasm');
  let weights: WeightArrays | undefined;
  const drop = () => {
    weights?.params.dispose();
    for (const array of weights?.state ?? []) array.dispose();
    weights = undefined;
  };
  const compiled: { dispose(): void }[] = [];
  return {
    write(params, state) {
      drop();
      weights = {
        params: np.array(params, { shape: [params.length] }),
        state: state.length === 0 ? [] : [np.array(state, { shape: [state.length] })],
      };
    },

    // What is traced is compiled when it is first asked for, all of it at once.
    async prepare(run, shapes) {
      const pass = jit((params: np.Array, state: np.Array[], given: np.Array[]) =>
        run({ params, state }, given),
      );
      compiled.push(pass);
      return (values) => {
        const { params, state } = weights!;
        const given = shapes.map((dimensions, i) => np.array(values[i]!, { shape: [...dimensions] }));
        return pass(
          params.ref,
          state.map((array) => array.ref),
          given,
        );
      };
    },

    fold() {
      const fold = createMemoryFold(contributionLength(shape));
      return {
        async add(parts) {
          // All come of one run: asked for at once, each would wait for every program of it.
          await parts[0]!.blockUntilReady();
          await fold.add((await Promise.all(parts.map((part) => part.data()))) as Float32Array[]);
        },
        take: () => fold.take(),
      };
    },
    encodedFold: undefined,
    descent: undefined,
    read: async (part) => (await part.data()) as Float32Array,
    verify: (run) => run(),
    lost: new Promise(() => {}),
    dispose() {
      drop();
      for (const one of compiled) one.dispose();
    },
  };
}
