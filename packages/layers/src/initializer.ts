/** Initializers in a layer's config: TF.js keeps the way from data to an initializer and back to itself. */

import { serialization } from '@tensorflow/tfjs-core';
import type { initializers } from '@tensorflow/tfjs-layers';

export type Initializer = ReturnType<typeof initializers.zeros>;

/** An initializer as it stands in a config that TF.js has read. */
export interface WrittenInitializer {
  readonly className: string;
  readonly config: serialization.ConfigDict;
}

export function readInitializer(given: Initializer | WrittenInitializer): Initializer {
  if (!('className' in given)) return given;
  const known = serialization.SerializationMap.getMap().classNameMap[given.className];
  if (known === undefined) throw new Error(`There is no initializer '${given.className}'.`);
  const [initializer, fromConfig] = known;
  return fromConfig(initializer, given.config) as Initializer;
}

export function writeInitializer(initializer: Initializer): serialization.ConfigDict {
  return { className: initializer.getClassName(), config: initializer.getConfig() };
}

/**
 * The same initializer for the weight `index` of those that share it. One with a seed begins anew each time that it is
 * applied, so that weights of one shape would all start from the same numbers.
 */
export function initializerOf(index: number, shared: Initializer): Initializer {
  const { seed, ...rest } = shared.getConfig();
  if (typeof seed !== 'number') return shared;
  return readInitializer({ className: shared.getClassName(), config: { ...rest, seed: seed + index } });
}
