/**
 * Which arrays of a program share a buffer. What a program allocates and frees is known before it runs, so memory is shared out once:
 * an array gets the smallest free buffer that holds it, or the largest, which grows, or a new one. (The linear scan of compilers, with sizes.)
 */

import type { Step } from 'virtual:jax-programs';

export interface MemoryPlan {
  /** Bytes of each buffer. */
  readonly sizes: readonly number[];
  /** The buffer of each array that the program allocates, by the array's number. */
  readonly places: ReadonlyMap<number, number>;
}

export function planMemory(steps: readonly Step[]): MemoryPlan {
  const sizes: number[] = [];
  const places = new Map<number, number>();
  const free = new Set<number>();
  for (const step of steps) {
    if (step.type === 'malloc') {
      const place = fitting(free, sizes, step.size) ?? sizes.push(0) - 1;
      sizes[place] = Math.max(sizes[place]!, bufferBytes(step.size));
      free.delete(place);
      places.set(step.output, place);
    }
    if (step.type === 'free') free.add(places.get(step.input)!);
  }
  return { sizes, places };
}

/** Bytes that a buffer needs for so many of an array. */
export function bufferBytes(size: number): number {
  return Math.max(4, Math.ceil(size / 4) * 4);
}

function fitting(free: ReadonlySet<number>, sizes: readonly number[], size: number): number | undefined {
  let best: number | undefined;
  for (const place of free) {
    if (best === undefined || isBetter(sizes[place]!, sizes[best]!, size)) best = place;
  }
  return best;
}

/** Whether a buffer of so many bytes is the better one for `size` of them. */
function isBetter(bytes: number, than: number, size: number): boolean {
  if (than < size) return bytes > than;
  return bytes >= size && bytes < than;
}
