/**
 * Where jax-js computes. Its devices are one set a realm and cannot be made anew: a device that is lost is lost for as long as
 * the realm lives, which is why an engine has a worker of its own.
 */

import { defaultDevice, getWebGPUDevice, init, type numpy as np } from '@jax-js/jax';
import { type ContributionShape, canonicalize, contributionLength, type Encoded } from '@manyhands/core';
import type { DeviceVector } from '../device-vector.ts';
import type { Encoding } from '../engine.ts';
import { EngineError } from '../engine-error.ts';
import { withErrorScopes } from '../error-scopes.ts';
import { createGpuFold, type GpuFoldOptions, type GpuPart } from '../gpu-fold.ts';
import { readFloats } from '../gpu-read.ts';
import type { GradientEncoder } from '../gradient-encoder.ts';
import { createMergeKernel } from '../kernels/merge.ts';
import { createMemoryFold } from '../memory-fold.ts';
import { createSpareBuffers } from '../spare-buffers.ts';
import type { UnitFold } from '../unit-fold.ts';

export interface JaxDevice {
  /**
   * An empty fold of contributions of this shape; their sum is in canonical form, and the caller's own. Parts are taken over, and `add` resolves
   * when the next unit may be issued.
   */
  fold(shape: ContributionShape): UnitFold<np.Array, Float32Array>;
  /** The same, but the sum is encoded before it is read. Undefined where this computes on no GPU. */
  readonly encodedFold:
    | ((shape: ContributionShape, encoding: Encoding) => UnitFold<np.Array, Encoded<DeviceVector>>)
    | undefined;
  verify<T>(run: () => Promise<T>): Promise<T>;
  readonly lost: Promise<string>;
  dispose(): void;
}

/** Makes the backend the one on which this realm computes. */
export async function startJaxDevice(backend: 'webgpu' | 'wasm'): Promise<JaxDevice> {
  const available = await init(backend);
  if (!available.includes(backend)) throw new EngineError('backend', `jax-js did not start on ${backend}.`);
  defaultDevice(backend);
  return backend === 'webgpu' ? webGpuDevice() : WASM_DEVICE;
}

function webGpuDevice(): JaxDevice {
  const gpu = getWebGPUDevice();
  const spare = createSpareBuffers(gpu);
  const merge = createMergeKernel(gpu);
  let encoder: Promise<GradientEncoder> | undefined;
  // Who has a job without a codec never downloads it.
  const loadEncoder = async (shape: ContributionShape) =>
    (await import('../gradient-encoder.ts')).createGradientEncoder(gpu, shape, spare);

  function foldOf<Sum>(elements: number, finish: GpuFoldOptions<Sum>['finish']): UnitFold<np.Array, Sum> {
    let commands: GPUCommandEncoder | undefined;
    const recorder = () => {
      commands ??= gpu.createCommandEncoder();
      return commands;
    };
    const submit = () => {
      if (commands !== undefined) gpu.queue.submit([commands.finish()]);
      commands = undefined;
    };
    const fold = createGpuFold<Sum>({
      ...{ elements, recorder, spare, merge },
      finish(sum, units) {
        submit();
        return finish(sum, units);
      },
    });
    return {
      async add(parts) {
        try {
          await fold.add(await partsOnGpu(parts));
          submit();
        } finally {
          for (const part of parts) part.dispose();
        }
      },
      take: () => fold.take(),
    };
  }

  return {
    fold(shape) {
      const elements = contributionLength(shape);
      return foldOf(elements, async (sum, units) => {
        const vector = await readFloats(gpu, sum, elements);
        // The kernel's results are canonical; a single leaf has not been through it.
        if (units === 1) canonicalize(vector);
        return vector;
      });
    },
    encodedFold: (shape, encoding) =>
      foldOf(contributionLength(shape), async (sum) => {
        encoder ??= loadEncoder(shape);
        return (await encoder).encode(sum, encoding);
      }),
    verify: (run) => withErrorScopes(gpu, run),
    lost: gpu.lost.then(({ reason, message }) => message || `WebGPU lost its device (${reason}).`),
    dispose: () => spare.destroy(),
  };
}

/** To ask for the first one's buffer submits the work of all, and waits for shaders but not for the device. */
async function partsOnGpu(parts: readonly np.Array[]): Promise<GpuPart[]> {
  await parts[0]!.ref.gpuBuffer();
  return parts.map((part) => ({ buffer: part.ref.gpuBufferSync(), elements: part.size }));
}

const WASM_DEVICE: JaxDevice = {
  fold(shape) {
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
  verify: (run) => run(),
  lost: new Promise(() => {}),
  dispose: () => {},
};
