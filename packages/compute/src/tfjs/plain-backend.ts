/**
 * WebGL, WASM and plain JavaScript: each unit's parts are concatenated, read once, and folded in memory.
 * The slow and obvious twin of `webgpu-backend`; both must lead to the same bytes from the same unit sums.
 */

import { type ContributionShape, contributionLength, type DeviceClass } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from '../engine-choice.ts';
import { EngineError } from '../engine-error.ts';
import { createMemoryFold } from '../memory-fold.ts';
import type { UnitFold } from '../unit-fold.ts';
import type { Backend } from './backend.ts';

/** Starts the backend of this device class. `wasmBase` is the URL of the folder that holds TF.js's .wasm files. */
export async function startPlainBackend(device: DeviceClass, wasmBase: string | undefined): Promise<Backend> {
  await load(device.backend, wasmBase);
  if (!(await tf.setBackend(device.backend))) {
    throw new EngineError('backend', `The ${device.backend} backend did not start.`);
  }
  await tf.ready();
  return {
    device,
    compile: async () => {},
    verify: (run) => run(),
    write(variables, layout, vector) {
      for (const [i, variable] of variables.entries()) {
        const { offset, size, shape } = layout[i]!;
        // A copy: the cpu backend keeps the array itself, and the vector is the caller's.
        const value = tf.tensor(vector.slice(offset, offset + size), [...shape]);
        variable.assign(value);
        value.dispose();
      }
    },
    fold: createFold,
    encodedFold: undefined,
    lost: lossOf(device.backend),
    dispose: () => {},
  };
}

async function load(backend: BackendName, wasmBase: string | undefined): Promise<void> {
  switch (backend) {
    case 'webgl':
      await import('@tensorflow/tfjs-backend-webgl');
      return;
    case 'wasm': {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      if (wasmBase !== undefined) setWasmPaths(wasmBase);
      return;
    }
    default:
      await import('@tensorflow/tfjs-backend-cpu');
  }
}

/** A read may be a round trip, so there is one for a unit, in which these backends' own concatenation costs little. */
function createFold(shape: ContributionShape): UnitFold<tf.Tensor, Float32Array> {
  const fold = createMemoryFold(contributionLength(shape));
  return {
    async add(parts) {
      const flat = tf.keep(tf.concat(parts.map((part) => tf.reshape(tf.cast(part, 'float32'), [part.size]))));
      const leaf = await flat.data<'float32'>();
      flat.dispose();
      await fold.add([leaf]);
    },
    take: () => fold.take(),
  };
}

function lossOf(backend: BackendName): Promise<string> {
  return new Promise((resolve) => {
    if (backend !== 'webgl') return;
    const { gpgpu } = tf.backend() as unknown as { gpgpu: { gl: WebGL2RenderingContext } };
    gpgpu.gl.canvas.addEventListener('webglcontextlost', () => resolve('The WebGL context was lost.'));
  });
}
