/** Reading a buffer of a WebGPU device: one copy, one mapping. */

export function stagingOf(gpu: GPUDevice, size: number): GPUBuffer {
  return gpu.createBuffer({
    label: 'manyhands read',
    size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
}

/** What was copied into a staging buffer; the buffer is gone then. */
export async function readOf(staging: GPUBuffer): Promise<ArrayBuffer> {
  try {
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}

/** So many floats from the start of a buffer, after all that was submitted. */
export async function readFloats(gpu: GPUDevice, buffer: GPUBuffer, elements: number): Promise<Float32Array> {
  const staging = stagingOf(gpu, elements * Float32Array.BYTES_PER_ELEMENT);
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, staging.size);
  gpu.queue.submit([encoder.finish()]);
  return new Float32Array(await readOf(staging));
}
