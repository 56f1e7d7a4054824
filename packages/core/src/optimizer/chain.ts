import type { Transformation } from './transformation.ts';

/**
 * One after the other, each on what the one before left. The slots of the chain are those of its parts, in order; a
 * chain of nothing is the identity.
 */
export function chain(...parts: readonly Transformation[]): Transformation {
  return {
    slots: parts.reduce((sum, part) => sum + part.slots, 0),
    update(updates, slots, context) {
      let first = 0;
      for (const part of parts) {
        part.update(updates, slots.slice(first, first + part.slots), context);
        first += part.slots;
      }
    },
  };
}
