/** jax-js on WebGPU: it compiles passes, and they are issued here. */

import { getBackend, jitCompile } from 'virtual:jax-programs';
import { getWebGPUDevice } from '@jax-js/jax';
import { type ContributionShape, canonicalize, contributionLength } from '@manyhands/core';
import { withErrorScopes } from '../error-scopes.ts';
import { createGpuFold, type GpuFoldOptions, type GpuPart } from '../gpu-fold.ts';
import { readFloats } from '../gpu-read.ts';
import type { GradientEncoder } from '../gradient-encoder.ts';
import { createMergeKernel } from '../kernels/merge.ts';
import { createSpareBuffers } from '../spare-buffers.ts';
import type { UnitFold } from '../unit-fold.ts';
import { prepareGpuProgram } from './gpu-program.ts';
import { type JaxDevice, startBackend } from './jax-device.ts';
import { bufferBytes } from './memory-plan.ts';
import { traceRun } from './traced-pass.ts';

export async function startJaxGpu(shape: ContributionShape): Promise<JaxDevice<GpuPart>> {
  await startBackend('webgpu');
  const gpu = getWebGPUDevice();
  const spare = createSpareBuffers(gpu);
  const merge = createMergeKernel(gpu);
  const elements = contributionLength(shape);
  const owned: { destroy(): void }[] = [spare];
  const vector = (length: number) => {
    const buffer = gpu.createBuffer({
      label: 'manyhands input',
      size: bufferBytes(length * Float32Array.BYTES_PER_ELEMENT),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    owned.push(buffer);
    return buffer;
  };
  const [params, state] = [vector(shape.params), shape.state === 0 ? [] : [vector(shape.state)]];

  let encoder: Promise<GradientEncoder> | undefined;
  // Who has a job without a codec never downloads it.
  const loadEncoder = async () =>
    (await import('../gradient-encoder.ts')).createGradientEncoder(gpu, shape, spare);

  let commands: GPUCommandEncoder | undefined;
  const recorder = () => {
    commands ??= gpu.createCommandEncoder();
    return commands;
  };
  const submit = () => {
    if (commands !== undefined) gpu.queue.submit([commands.finish()]);
    commands = undefined;
  };

  function foldOf<Sum>(finish: GpuFoldOptions<Sum>['finish']): UnitFold<GpuPart, Sum> {
    const fold = createGpuFold<Sum>({
      ...{ elements, recorder, spare, merge },
      finish(sum, units) {
        submit();
        return finish(sum, units);
      },
    });
    return {
      async add(parts) {
        await fold.add(parts);
        submit();
      },
      take: () => fold.take(),
    };
  }

  return {
    write(newParams, newState) {
      gpu.queue.writeBuffer(params, 0, newParams);
      for (const buffer of state) gpu.queue.writeBuffer(buffer, 0, newState);
    },

    async prepare(run, given, onProgress) {
      const { jaxpr, consts, outputs, dispose } = traceRun(run, shape, given);
      owned.push({ destroy: dispose });
      const inputs = given.map((dimensions) => vector(dimensions.reduce((size, one) => size * one, 1)));
      const constants = await Promise.all(consts.map((array) => array.ref.gpuBuffer()));
      const backend = getBackend('webgpu');
      const program = await prepareGpuProgram(
        gpu,
        backend,
        jitCompile(backend, jaxpr),
        [...constants, params, ...state, ...inputs],
        onProgress,
      );
      owned.push(program);
      const parts = program.outputs.map((buffer, i): GpuPart => ({ buffer, elements: outputs[i]! }));
      return (values) => {
        for (const [i, buffer] of inputs.entries()) gpu.queue.writeBuffer(buffer, 0, values[i]!);
        program.issue(recorder());
        return parts;
      };
    },

    fold: () =>
      foldOf(async (sum, units) => {
        const vector = await readFloats(gpu, sum, elements);
        // The kernel's results are canonical; a single leaf has not been through it.
        if (units === 1) canonicalize(vector);
        return vector;
      }),

    encodedFold: (encoding) =>
      foldOf(async (sum) => {
        encoder ??= loadEncoder();
        return (await encoder).encode(sum, encoding);
      }),

    read(part) {
      submit();
      return readFloats(gpu, part.buffer, part.elements);
    },

    verify: (run) => withErrorScopes(gpu, run),
    lost: gpu.lost.then(({ reason, message }) => message || `WebGPU lost its device (${reason}).`),
    dispose() {
      for (const one of owned) one.destroy();
    },
  };
}
