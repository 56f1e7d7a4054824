/**
 * From the initializers in a topology to those of each tensor, as volunteers can follow them. Which one a tensor comes from is not
 * read from names, which every layer chooses for itself, but seen: it is the one that draws exactly its numbers.
 */

import { type Initializer, numbersOf } from '@manyhands/core';
import { isObject, type Json, type JsonObject } from './topology.ts';

export interface InitialTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** One for each tensor; undefined where a tensor comes in a way that no volunteer knows, an orthogonal matrix for one. */
export function initializersOf(
  topology: JsonObject,
  tensors: readonly InitialTensor[],
): Initializer[] | undefined {
  const written = writtenIn(topology);
  const found = tensors.map(({ shape, values }) =>
    written.flatMap((one) => candidatesOf(one, shape)).find((candidate) => draws(candidate, values)),
  );
  return found.includes(undefined) ? undefined : (found as Initializer[]);
}

interface Written {
  readonly className: string;
  readonly config: JsonObject;
}

/** All that have a class and a config under a key that says so, at any depth. */
function writtenIn(json: Json): Written[] {
  if (Array.isArray(json)) return json.flatMap(writtenIn);
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    const isInitializer = key.endsWith('_initializer') && isObject(value) && isObject(value['config']);
    if (!isInitializer) return writtenIn(value);
    return [{ className: String(value['class_name']), config: value['config'] as JsonObject }];
  });
}

/** Layers that draw several tensors by one initializer give each the next seed (`initializerOf` in packages/layers). */
const TENSORS_ALIKE_MAX = 4;

function candidatesOf(written: Written, shape: readonly number[]): Initializer[] {
  const initializer = read(written, shape);
  if (initializer === undefined) return [];
  if (initializer.kind === 'constant') return [initializer];
  return Array.from({ length: TENSORS_ALIKE_MAX }, (_, i) => ({
    ...initializer,
    seed: initializer.seed + i,
  }));
}

function read({ className, config }: Written, shape: readonly number[]): Initializer | undefined {
  const number = (key: string) => Number(config[key]);
  const seed = number('seed');
  switch (className) {
    case 'Zeros':
      return { kind: 'constant', value: 0 };
    case 'Ones':
      return { kind: 'constant', value: 1 };
    case 'Constant':
      return { kind: 'constant', value: number('value') };
    case 'RandomUniform':
      return { kind: 'uniform', low: number('minval'), high: number('maxval'), seed };
    case 'RandomNormal':
    case 'TruncatedNormal': {
      const truncated = className === 'TruncatedNormal';
      return { kind: 'normal', mean: number('mean'), deviation: number('stddev'), truncated, seed };
    }
    case 'VarianceScaling': {
      const variance = number('scale') / Math.max(1, fanOf(String(config['mode']), shape));
      if (config['distribution'] === 'normal')
        return { kind: 'normal', mean: 0, deviation: Math.sqrt(variance), truncated: true, seed };
      const high = Math.sqrt(3 * variance);
      return { kind: 'uniform', low: -high, high, seed };
    }
    default:
      return undefined;
  }
}

/** How many numbers come into an element of the next layer, go out of one of this layer, or the mean of both (Glorot and Bengio, 2010). */
function fanOf(mode: string, shape: readonly number[]): number {
  const product = shape.reduce((all, length) => all * length, 1);
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  const isMatrix = shape.length >= 2;
  const fanIn = isMatrix ? product / outputs : Math.sqrt(product);
  const fanOut = isMatrix ? product / inputs : Math.sqrt(product);
  if (/in$/i.test(mode)) return fanIn;
  return /out$/i.test(mode) ? fanOut : (fanIn + fanOut) / 2;
}

function draws(initializer: Initializer, values: Float32Array): boolean {
  const next = numbersOf(initializer);
  return values.every((value) => Object.is(value, Math.fround(next())));
}
