/** WGSL of our own, compiled for a device: one entry point, one group of buffers. */

/** Encodes one run of the kernel over `workgroups`, in order with what is encoded before and after it. */
export type Kernel = (
  encoder: GPUCommandEncoder,
  workgroups: number,
  ...buffers: readonly GPUBufferBinding[]
) => void;

/** Every implementation allows as many workgroups in one dimension; who has more to do walks in strides. */
const WORKGROUPS_MAX = 65_535;

/** Compiles the entry point that is called `name`. Its bindings are numbered from 0, in the order in which buffers are given. */
export function createKernel(device: GPUDevice, name: string, code: string): Kernel {
  const pipeline = device.createComputePipeline({
    label: `manyhands ${name}`,
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: name },
  });
  const layout = pipeline.getBindGroupLayout(0);
  return (encoder, workgroups, ...buffers) => {
    if (workgroups === 0) return;
    const entries = buffers.map((resource, binding) => ({ binding, resource }));
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(Math.min(WORKGROUPS_MAX, workgroups));
    pass.end();
  };
}
