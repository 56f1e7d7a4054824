/**
 * WebGPU. Reading a device costs a round trip however little is read, so the parts of every unit are copied into one
 * flat buffer on the device, merged there in tree order, and read once a block; weights are written straight into the
 * buffers of live variables. TF.js has no public way to its buffers and its command encoder: **this is the only file
 * that uses private fields of TF.js**, all of them declared in `Internals`, and the browser tests fail if one changes.
 */

import {
  type ContributionShape,
  canonicalize,
  contributionLength,
  type DeviceClass,
  type ParamLayout,
} from '@manyhands/core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { isSoftwareAdapter } from '../engine-choice.ts';
import { EngineError } from '../engine-error.ts';
import { withErrorScopes } from '../error-scopes.ts';
import { createGpuFold, type GpuFoldOptions } from '../gpu-fold.ts';
import type { GradientEncoder } from '../gradient-encoder.ts';
import { createMergeKernel } from '../kernels/merge.ts';
import { createSpareBuffers } from '../spare-buffers.ts';
import type { UnitFold } from '../unit-fold.ts';
import type { Backend } from './backend.ts';

/** The private part of TF.js's WebGPUBackend that we rely on. */
interface Internals {
  /** Commands that are recorded and not yet submitted, or null. */
  readonly commandEncoder: GPUCommandEncoder | null;
  /** Compiled programs by shader key; promises while they compile. */
  readonly pipelineCache: Readonly<Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>>;
}

/** Starts WebGPU on a device of our own, so that a lost one can be told and replaced. */
export async function startWebGpuBackend(device: DeviceClass): Promise<Backend> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const { gpu, info } = await requestDevice();
  setFlags(info);
  const webgpu = new WebGPUBackend(gpu, info);
  if (tf.engine().registryFactory['webgpu'] !== undefined) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => webgpu);
  await tf.setBackend('webgpu');

  const raw = rawAccess(webgpu);
  const merge = createMergeKernel(gpu);
  const spare = createSpareBuffers(gpu);
  let encoder: Promise<GradientEncoder> | undefined;
  // Who has a job without a codec never downloads it.
  const loadEncoder = async (shape: ContributionShape) =>
    (await import('../gradient-encoder.ts')).createGradientEncoder(gpu, shape, spare);
  function foldOf<Sum>(elements: number, finish: GpuFoldOptions<Sum>['finish']): UnitFold<tf.Tensor, Sum> {
    const fold = createGpuFold({ elements, recorder: raw.encoder, spare, merge, finish });
    return {
      add: (parts) => fold.add(parts.map((part) => ({ buffer: raw.buffer(part), elements: part.size }))),
      take: () => fold.take(),
    };
  }

  return {
    device,
    compile: (pass, onProgress) => compileAhead(webgpu, pass, onProgress),
    verify: (run) => withErrorScopes(gpu, run),
    write: (variables, layout, vector) => writeVariables(webgpu, raw, variables, layout, vector),
    fold(shape) {
      const elements = contributionLength(shape);
      return foldOf(elements, async (sum, units) => {
        const vector = new Float32Array(await raw.read(sum, elements * Float32Array.BYTES_PER_ELEMENT));
        // The kernel's results are canonical; a single leaf has not been through it.
        if (units === 1) canonicalize(vector);
        return vector;
      });
    },
    encodedFold: (shape, encoding) =>
      foldOf(contributionLength(shape), async (sum) => {
        raw.submit();
        encoder ??= loadEncoder(shape);
        return (await encoder).encode(sum, encoding);
      }),
    lost: gpu.lost.then(({ reason, message }) => message || `WebGPU lost its device (${reason}).`),
    dispose() {
      spare.destroy();
      if (tf.engine().registry['webgpu'] === webgpu) tf.removeBackend('webgpu');
      gpu.destroy();
    },
  };
}

/** As TF.js asks for it: a fast adapter and the largest limits that it has. */
async function requestDevice(): Promise<{ gpu: GPUDevice; info: GPUAdapterInfo }> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new EngineError('backend', 'WebGPU found no graphics adapter that it may use.');
  const { limits } = adapter;
  const gpu = await adapter.requestDevice({
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  return { gpu, info: adapter.info };
}

function setFlags(info: GPUAdapterInfo): void {
  // Whether a small tensor is still on this side depends on what ran before; its arithmetic must not.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', -1);
  // Where a processor plays the GPU, convolution as one matrix product is more than twice as fast as in tiles.
  tf.env().set('WEBGPU_CONV_SEPARATE_IM2COL_SHADER', isSoftwareAdapter(info));
}

/** The device as this file uses it, in order with what TF.js records. */
interface RawAccess {
  /** The encoder that TF.js records into, outside of any pass. */
  encoder(): GPUCommandEncoder;
  /** The buffer of a tensor, uploaded if it was not yet. */
  buffer(tensor: tf.Tensor): GPUBuffer;
  /** Submits what is recorded, if anything is. */
  submit(): void;
  /** Reads `bytes` from the start of a buffer, with one mapping. */
  read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer>;
}

function rawAccess(webgpu: WebGPUBackend): RawAccess {
  const internals = webgpu as unknown as Internals;
  const encoder = () => {
    webgpu.ensureCommandEncoderReady();
    webgpu.endComputePassEncoder();
    return internals.commandEncoder!;
  };
  return {
    encoder,
    buffer(tensor) {
      webgpu.uploadToGPU(tensor.dataId);
      return webgpu.tensorMap.get(tensor.dataId).resource as GPUBuffer;
    },
    submit() {
      if (internals.commandEncoder === null) return;
      webgpu.endComputePassEncoder();
      webgpu.submitQueue();
    },
    async read(buffer, bytes) {
      const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
      const staging = webgpu.bufferManager.acquireBuffer(bytes, usage);
      encoder().copyBufferToBuffer(buffer, 0, staging, 0, bytes);
      webgpu.submitQueue();
      await staging.mapAsync(GPUMapMode.READ);
      const copy = staging.getMappedRange().slice(0);
      staging.unmap();
      webgpu.bufferManager.releaseBuffer(staging);
      return copy;
    },
  };
}

/**
 * `queue.writeBuffer` takes effect before anything that is submitted after it, recorded or not: so what is recorded
 * goes first, with the uploads of variables that were never used.
 */
function writeVariables(
  webgpu: WebGPUBackend,
  raw: RawAccess,
  variables: readonly tf.Variable[],
  layout: ParamLayout,
  vector: Float32Array,
): void {
  const buffers = variables.map((variable) => raw.buffer(variable));
  raw.submit();
  for (const [i, buffer] of buffers.entries()) {
    const { offset, size } = layout[i]!;
    const bytes = Float32Array.BYTES_PER_ELEMENT;
    webgpu.queue.writeBuffer(buffer, 0, vector.buffer, vector.byteOffset + offset * bytes, size * bytes);
  }
}

/**
 * Runs the pass without dispatching anything, which leaves a promise for each program in the cache. Programs that add
 * floats atomically, in whatever order they come, are found by their names: split-K products can be forbidden, at some
 * cost, and are only where they occur; for the others no replacement exists.
 */
async function compileAhead(
  webgpu: WebGPUBackend,
  pass: () => void,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { pipelineCache } = webgpu as unknown as Internals;
  const record = () => {
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
    try {
      pass();
    } finally {
      tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', false);
    }
  };
  record();
  if (Object.keys(pipelineCache).some((key) => key.includes('matMulSplitK'))) {
    tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 3);
    record();
  }
  const unordered = Object.keys(pipelineCache).find((key) =>
    /^(unsortedSegmentSum|scatter|bincount|sparse)/.test(key),
  );
  if (unordered !== undefined) {
    throw new EngineError(
      'backend',
      `On WebGPU the model needs '${unordered}', which adds floats in no fixed order.`,
    );
  }
  const pipelines = Object.values(pipelineCache);
  let done = 0;
  for (const pipeline of pipelines) {
    Promise.resolve(pipeline).then(
      () => onProgress(++done, pipelines.length),
      () => {},
    );
  }
  await webgpu.checkCompileCompletionAsync();
}
