/**
 * A compiled pass as one list of commands. The library issues a program's shaders one by one, each with buffers from a pool, a group of
 * bindings, an encoder and a submission of its own, which for hundreds of shaders adds up (`engine.issue_ms`). But a pass is the same every time:
 * here its buffers, groups and order are made once, and to issue it is to say them again.
 */

import type { Backend, Executable, JitProgram, Step } from 'virtual:jax-programs';
import { bufferBytes, planMemory } from './memory-plan.ts';

export interface GpuProgram {
  /** In the order of the program's; what they hold lasts until it is issued again. */
  readonly outputs: readonly GPUBuffer[];
  /** Records all of it, after what was recorded before. */
  issue(encoder: GPUCommandEncoder): void;
  destroy(): void;
}

const PROGRESS_STEPS = 50;

/** Compiles all shaders, at once as far as the device does. `inputs` hold the program's inputs whenever it is issued. */
export async function prepareGpuProgram(
  gpu: GPUDevice,
  backend: Backend,
  { steps, inputs: inputIds, outputs: outputIds }: JitProgram,
  inputs: readonly GPUBuffer[],
  onProgress: (done: number, total: number) => void,
): Promise<GpuProgram> {
  const runs = steps.filter((step) => step.type === 'execute');
  let done = 0;
  // Thousands of them are many messages; whoever watches wants to see it move.
  const stride = Math.ceil(runs.length / PROGRESS_STEPS);
  const executables = await Promise.all(
    runs.map(async ({ source }) => {
      const executable = await ('exp' in source
        ? backend.prepareKernel(source)
        : backend.prepareRoutine(source));
      if (++done % stride === 0) onProgress(done, runs.length);
      return executable;
    }),
  );
  const { sizes, places } = planMemory(steps);
  const buffers = sizes.map((size) =>
    gpu.createBuffer({
      label: 'manyhands pass',
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    }),
  );
  const bytes = new Map(steps.flatMap((step) => (step.type === 'malloc' ? [[step.output, step.size]] : [])));
  const bufferOf = (id: number) => buffers[places.get(id)!] ?? inputs[inputIds.indexOf(id)]!;
  const bindingOf = (id: number): GPUBufferBinding => {
    const buffer = bufferOf(id);
    return { buffer, size: bytes.has(id) ? bufferBytes(bytes.get(id)!) : buffer.size };
  };
  const uniforms: GPUBuffer[] = [];
  const commands = runs.flatMap((run, i) => commandsOf(gpu, run, executables[i]!, bindingOf, uniforms));
  return {
    outputs: outputIds.map(bufferOf),
    issue(encoder) {
      let pass: GPUComputePassEncoder | undefined;
      for (const command of commands) {
        if (command.do === 'clear') {
          pass?.end();
          pass = undefined;
          encoder.clearBuffer(command.buffer, 0, command.size);
          continue;
        }
        pass ??= encoder.beginComputePass();
        pass.setPipeline(command.pipeline);
        pass.setBindGroup(0, command.arrays);
        // The library's layouts want an offset with it.
        if (command.uniform !== undefined) pass.setBindGroup(1, command.uniform, [0]);
        pass.dispatchWorkgroups(...command.grid);
      }
      pass?.end();
    },
    destroy() {
      for (const buffer of [...buffers, ...uniforms]) buffer.destroy();
    },
  };
}

type Command =
  | { readonly do: 'clear'; readonly buffer: GPUBuffer; readonly size: number | undefined }
  | {
      readonly do: 'dispatch';
      readonly pipeline: GPUComputePipeline;
      readonly arrays: GPUBindGroup;
      readonly uniform: GPUBindGroup | undefined;
      readonly grid: readonly [number, number];
    };

/** One shader may be several runs of it, and a step several shaders. */
function commandsOf(
  gpu: GPUDevice,
  { inputs, outputs }: Step & { readonly type: 'execute' },
  { data }: Executable,
  bindingOf: (id: number) => GPUBufferBinding,
  uniforms: GPUBuffer[],
): Command[] {
  const [read, written] = [inputs.map(bindingOf), outputs.map(bindingOf)];
  const groupOf = (pipeline: GPUComputePipeline, index: number, bindings: readonly GPUBufferBinding[]) =>
    gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(index),
      entries: bindings.map((resource, binding) => ({ binding, resource })),
    });
  return data.flatMap(({ pipeline, hasUniform, clearOutputs, passes }): Command[] => {
    const arrays = groupOf(pipeline, 0, [...read, ...written]);
    const uniformOf = (values: Uint8Array) => {
      const buffer = uniformBuffer(gpu, values);
      uniforms.push(buffer);
      return groupOf(pipeline, 1, [{ buffer }]);
    };
    return [
      ...(clearOutputs ? written.map(({ buffer, size }) => ({ do: 'clear', buffer, size }) as const) : []),
      ...passes
        .filter(({ grid: [x, y] }) => x * y > 0)
        .map(({ grid, uniform }) => ({
          ...{ do: 'dispatch' as const, pipeline, arrays, grid },
          uniform: hasUniform ? uniformOf(uniform!) : undefined,
        })),
    ];
  });
}

function uniformBuffer(gpu: GPUDevice, values: Uint8Array): GPUBuffer {
  const buffer = gpu.createBuffer({
    label: 'manyhands constants',
    size: bufferBytes(values.byteLength),
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  });
  new Uint8Array(buffer.getMappedRange()).set(values);
  buffer.unmap();
  return buffer;
}
