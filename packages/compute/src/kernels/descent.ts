/**
 * Steps of an optimizer as WebGPU kernels: `createOptimizer` of core on the device where gradients are, for training by itself between two
 * rounds. Its reference is the one in TypeScript, which computes in double precision between two roundings; here every operation is
 * rounded, and a GPU divides and takes roots to a few units in the last place.
 */

import { type OptimizerSpec, rateAt } from '@manyhands/core';
import { createKernel } from './kernel.ts';

/** Vectors that it keeps between steps; they start as zeros. */
export function slotsOf({ kind }: OptimizerSpec): number {
  return { sgd: 0, momentum: 1, adam: 2, adamw: 2 }[kind];
}

export interface DescentBuffers {
  /** P floats. */
  readonly params: GPUBuffer;
  /** S floats; any buffer where the model keeps no state. */
  readonly state: GPUBuffer;
  /** Loss and metric, summed over steps. */
  readonly tail: GPUBuffer;
  /** `slotsOf` vectors of P floats. */
  readonly slots: readonly GPUBuffer[];
}

/** What is recorded is submitted before anything else is: its constants are written at once. */
export interface DescentKernels {
  /**
   * One step on `sum`, the contribution of `samples`: parameters descend, state is replaced by its mean, loss and metric are added up.
   * `taken` steps came before.
   */
  descend(
    encoder: GPUCommandEncoder,
    sum: GPUBuffer,
    buffers: DescentBuffers,
    samples: number,
    taken: number,
  ): void;
  /** `into` ← samples × (start − params), samples × state, loss, metric; added to what it holds unless it is the first. */
  depart(
    encoder: GPUCommandEncoder,
    start: GPUBuffer,
    buffers: DescentBuffers,
    into: GPUBuffer,
    samples: number,
    isFirst: boolean,
  ): void;
  destroy(): void;
}

export function createDescentKernels(
  gpu: GPUDevice,
  shape: { readonly params: number; readonly state: number },
  spec: OptimizerSpec,
): DescentKernels {
  const slots = slotsOf(spec);
  const descend = createKernel(gpu, 'descend', descendSource(spec, slots));
  const depart = createKernel(gpu, 'depart', DEPART);
  const { params, state } = shape;
  const workgroups = Math.ceil((params + state + 2) / (WORKGROUP_SIZE * EACH));
  const constants = gpu.createBuffer({
    label: 'manyhands constants',
    size: CONSTANTS_BYTES,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  const write = (floats: readonly number[], integers: readonly number[]) => {
    const bytes = new ArrayBuffer(CONSTANTS_BYTES);
    new Float32Array(bytes).set(floats);
    new Uint32Array(bytes, 4 * floats.length).set(integers);
    gpu.queue.writeBuffer(constants, 0, bytes);
  };
  const bound = (...buffers: readonly GPUBuffer[]) => buffers.map((buffer) => ({ buffer }));
  return {
    descend(encoder, sum, buffers, samples, taken) {
      write(floatsOf(spec, samples, taken), [params, state]);
      const { tail } = buffers;
      descend(
        encoder,
        workgroups,
        ...bound(constants, sum, buffers.params, buffers.state, tail, ...buffers.slots),
      );
    },
    depart(encoder, start, buffers, into, samples, isFirst) {
      write([samples], [Number(isFirst), params, state]);
      depart(
        encoder,
        workgroups,
        ...bound(constants, start, buffers.params, buffers.state, buffers.tail, into),
      );
    },
    destroy: () => constants.destroy(),
  };
}

/** As long as the longer of `Step` and `Unit`. */
const CONSTANTS_BYTES = 52;
const WORKGROUP_SIZE = 64;
/** Numbers of a thread: where a processor plays the GPU, to begin a group of threads costs as much as some steps of theirs. */
const EACH = 16;

/** In the order of `Step`. */
function floatsOf(spec: OptimizerSpec, samples: number, taken: number): number[] {
  const rate = rateAt(spec.learningRate, taken);
  const clip = spec.clip.kind === 'value' ? spec.clip.max : 0;
  const adam = spec.kind === 'adam' || spec.kind === 'adamw' ? spec : undefined;
  const momentum = spec.kind === 'momentum' ? spec.momentum : 0;
  const [beta1, beta2] = [adam?.beta1 ?? momentum, adam?.beta2 ?? 0];
  return [
    ...[1 / samples, rate, clip, beta1, beta2, 1 - beta1, 1 - beta2, adam?.epsilon ?? 0],
    ...[1 / (1 - beta1 ** (taken + 1)), 1 / (1 - beta2 ** (taken + 1))],
    spec.kind === 'adamw' ? spec.weightDecay : 0,
  ];
}

const ADAM = /* wgsl */ `
      let m = at.beta1 * slot0[i] + at.rest1 * g;
      let v = at.beta2 * slot1[i] + at.rest2 * g * g;
      slot0[i] = m;
      slot1[i] = v;
      let way = m * at.correction1 / (sqrt(v * at.correction2) + at.epsilon) + at.decay * params[i];`;

function wayOf(spec: OptimizerSpec): string {
  switch (spec.kind) {
    case 'sgd':
      return 'let way = g;';
    case 'momentum':
      return /* wgsl */ `
      let b = at.beta1 * slot0[i] + g;
      slot0[i] = b;
      let way = ${spec.nesterov ? 'g + at.beta1 * b' : 'b'};`;
    case 'adam':
    case 'adamw':
      return ADAM;
  }
}

function descendSource(spec: OptimizerSpec, slots: number): string {
  const declared = Array.from(
    { length: slots },
    (_, slot) => `@group(0) @binding(${5 + slot}) var<storage, read_write> slot${slot}: array<f32>;`,
  );
  return /* wgsl */ `
  struct Step {
    perSample: f32,
    rate: f32,
    clip: f32,
    beta1: f32,
    beta2: f32,
    // 1 − β₁ and 1 − β₂, which would lose their last digits here.
    rest1: f32,
    rest2: f32,
    epsilon: f32,
    correction1: f32,
    correction2: f32,
    decay: f32,
    params: u32,
    state: u32,
  }
  @group(0) @binding(0) var<uniform> at: Step;
  @group(0) @binding(1) var<storage, read> sum: array<f32>;
  @group(0) @binding(2) var<storage, read_write> params: array<f32>;
  @group(0) @binding(3) var<storage, read_write> state: array<f32>;
  @group(0) @binding(4) var<storage, read_write> tail: array<f32>;
  ${declared.join('\n  ')}

  @compute @workgroup_size(${WORKGROUP_SIZE})
  fn descend(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let stride = groups.x * ${WORKGROUP_SIZE}u;
    for (var i = id.x; i < at.params + at.state + 2u; i += stride) {
      if (i >= at.params + at.state) {
        tail[i - at.params - at.state] += sum[i];
        continue;
      }
      if (i >= at.params) {
        state[i - at.params] = sum[i] * at.perSample;
        continue;
      }
      let mean = sum[i] * at.perSample;
      let g = ${spec.clip.kind === 'value' ? 'clamp(mean, -at.clip, at.clip)' : 'mean'};
      ${wayOf(spec)}
      params[i] -= at.rate * way;
    }
  }
`;
}

const DEPART = /* wgsl */ `
  struct Unit {
    samples: f32,
    isFirst: u32,
    params: u32,
    state: u32,
  }
  @group(0) @binding(0) var<uniform> at: Unit;
  @group(0) @binding(1) var<storage, read> start: array<f32>;
  @group(0) @binding(2) var<storage, read> params: array<f32>;
  @group(0) @binding(3) var<storage, read> state: array<f32>;
  @group(0) @binding(4) var<storage, read> tail: array<f32>;
  @group(0) @binding(5) var<storage, read_write> into: array<f32>;

  @compute @workgroup_size(${WORKGROUP_SIZE})
  fn depart(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let stride = groups.x * ${WORKGROUP_SIZE}u;
    for (var i = id.x; i < at.params + at.state + 2u; i += stride) {
      var far: f32;
      if (i < at.params) { far = at.samples * (start[i] - params[i]); }
      else if (i < at.params + at.state) { far = at.samples * state[i - at.params]; }
      else { far = tail[i - at.params - at.state]; }
      into[i] = far + select(into[i], 0.0, at.isFirst != 0u);
    }
  }
`;
