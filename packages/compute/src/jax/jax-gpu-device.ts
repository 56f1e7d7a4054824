/** jax-js on WebGPU: it compiles passes, and they are issued here. */

import { getBackend, jitCompile } from 'virtual:jax-programs';
import { getWebGPUDevice } from '@jax-js/jax';
import {
  type ContributionShape,
  canonicalize,
  contributionLength,
  type OptimizerSpec,
} from '@manyhands/core';
import { descendsOnGpu } from '../descends.ts';
import type { Encoding } from '../engine.ts';
import { withErrorScopes } from '../error-scopes.ts';
import type { GpuDescent } from '../gpu-descent.ts';
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
  // Where there is no state, its place in a kernel is taken by a buffer of nothing.
  const weights = { params, state: state[0] ?? vector(1) };

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

  const descents = new Map<string, Promise<GpuDescent>>();
  const loadDescent = async (optimizer: OptimizerSpec) => {
    const descent = (await import('../gpu-descent.ts')).createGpuDescent(gpu, shape, optimizer, weights);
    owned.push(descent);
    return descent;
  };
  const descentOf = (optimizer: OptimizerSpec) => {
    const name = JSON.stringify(optimizer);
    const descent = descents.get(name) ?? loadDescent(optimizer);
    descents.set(name, descent);
    return descent;
  };

  const canonicalOf = async (buffer: GPUBuffer) => {
    const vector = await readFloats(gpu, buffer, elements);
    canonicalize(vector);
    return vector;
  };
  const encode = async (sum: GPUBuffer, encoding: Encoding) => {
    encoder ??= loadEncoder();
    return (await encoder).encode(sum, encoding);
  };

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
      // The results of the merging kernel are canonical; a single leaf has not been through it.
      foldOf((sum, units) => (units === 1 ? canonicalOf(sum) : readFloats(gpu, sum, elements))),
    encodedFold: (encoding) => foldOf((sum) => encode(sum, encoding)),

    descent(optimizer) {
      if (!descendsOnGpu(optimizer)) return undefined;
      const loaded = descentOf(optimizer);
      let hasStarted = false;
      let descent: GpuDescent;
      /** What was handed over before the newest step. */
      let underWay: Promise<void> = Promise.resolve();
      return {
        async begin() {
          descent = await loaded;
          if (!hasStarted) descent.start(recorder());
          hasStarted = true;
          descent.begin(recorder());
        },
        fold: (samples, taken) =>
          foldOf(async (sum) => {
            descent.step(recorder(), sum, samples, taken);
            submit();
            // Nothing is read that would be waited for: one step is computed while the next is handed over.
            const before = underWay;
            underWay = gpu.queue.onSubmittedWorkDone().catch(() => {});
            await before;
          }),
        end(samples) {
          descent.end(recorder(), samples);
          submit();
        },
        read: () => canonicalOf(descent.sum),
        encode: (encoding) => encode(descent.sum, encoding),
      };
    },

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
