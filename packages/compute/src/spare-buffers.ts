/** Buffers that wait to be used again. Work on the queue is in order, so one may be reused as soon as it is recorded. */
export interface SpareBuffers {
  /** A buffer of this size, whatever it holds: a new one holds zeros. */
  take(bytes: number): GPUBuffer;
  give(buffer: GPUBuffer): void;
  destroy(): void;
}

export function createSpareBuffers(gpu: GPUDevice): SpareBuffers {
  const all = new Set<GPUBuffer>();
  const free: GPUBuffer[] = [];
  return {
    take(bytes) {
      const found = free.findIndex((buffer) => buffer.size === bytes);
      if (found >= 0) return free.splice(found, 1)[0]!;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = gpu.createBuffer({ label: 'manyhands vector', size: bytes, usage });
      all.add(buffer);
      return buffer;
    },
    give: (buffer) => {
      free.push(buffer);
    },
    destroy: () => {
      for (const buffer of all) buffer.destroy();
    },
  };
}
