import { type Initializer, initialize } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { initializersOf } from './initializers.ts';
import type { JsonObject } from './topology.ts';

tf.enableProdMode();

const { initializers } = tf;
type TfInitializer = ReturnType<typeof initializers.zeros>;

/** A topology with nothing but this initializer, as a layer writes it down. */
function topologyWith(...written: TfInitializer[]): JsonObject {
  const entries = written.map((initializer, i): [string, JsonObject] => {
    const config = JSON.parse(JSON.stringify(initializer.getConfig())) as JsonObject;
    return [`weight_${i}_initializer`, { class_name: initializer.getClassName(), config }];
  });
  return { config: { layers: [Object.fromEntries(entries)] } };
}

function tensorOf(initializer: TfInitializer, shape: number[]) {
  const tensor = initializer.apply(shape);
  return { shape, values: Float32Array.from(tensor.dataSync()) };
}

const SEED = 3_141_592_653;
const KINDS: [string, TfInitializer][] = [
  ['zeros', initializers.zeros()],
  ['ones', initializers.ones()],
  ['constant', initializers.constant({ value: 0.3 })],
  ['randomUniform', initializers.randomUniform({ minval: -0.3, maxval: 0.2, seed: SEED })],
  ['randomNormal', initializers.randomNormal({ mean: 0.1, stddev: 0.3, seed: SEED })],
  ['truncatedNormal', initializers.truncatedNormal({ mean: 0.1, stddev: 0.3, seed: SEED })],
  ['glorotUniform', initializers.glorotUniform({ seed: SEED })],
  ['glorotNormal', initializers.glorotNormal({ seed: SEED })],
  ['heUniform', initializers.heUniform({ seed: SEED })],
  ['heNormal', initializers.heNormal({ seed: SEED })],
  ['leCunUniform', initializers.leCunUniform({ seed: SEED })],
  ['leCunNormal', initializers.leCunNormal({ seed: SEED })],
  [
    'varianceScaling',
    initializers.varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'uniform', seed: SEED }),
  ],
];
const SHAPES = [[301], [17, 13], [3, 3, 5, 7]];

describe('initializers', () => {
  test.each(KINDS)('[IN1] of the kind %s draw the bytes that TF.js draws', (_, initializer) => {
    for (const shape of SHAPES) {
      const tensor = tensorOf(initializer, shape);
      const found = initializersOf(topologyWith(initializer), [tensor]);
      expect(initialize([tensor.values.length], found!)).toEqual(tensor.values);
    }
  });

  test('[IN1] tensors lie one behind the other', () => {
    const [ones, uniform] = [initializers.ones(), initializers.heUniform({ seed: SEED })];
    const tensors = [tensorOf(uniform, [4, 2]), tensorOf(ones, [3]), tensorOf(uniform, [2, 2])];
    const found = initializersOf(topologyWith(ones, uniform), tensors);
    expect(initialize([8, 3, 4], found!)).toEqual(
      Float32Array.from(tensors.flatMap(({ values }) => [...values])),
    );
  });

  test('[IN2] a layer of several tensors draws each with the next seed', () => {
    const next = tensorOf(initializers.glorotUniform({ seed: SEED + 1 }), [4, 4]);
    const found = initializersOf(topologyWith(initializers.glorotUniform({ seed: SEED })), [next]);
    expect(found).toMatchObject([{ kind: 'uniform', seed: SEED + 1 } satisfies Partial<Initializer>]);
  });

  test('[IN2] where one tensor comes in another way, nothing is drawn', () => {
    const [ones, orthogonal] = [initializers.ones(), initializers.orthogonal({ seed: SEED })];
    const topology = topologyWith(ones, orthogonal);
    expect(initializersOf(topology, [tensorOf(ones, [3]), tensorOf(orthogonal, [3, 3])])).toBeUndefined();
    const trained = { shape: [2], values: Float32Array.of(1, 0.5) };
    expect(initializersOf(topology, [tensorOf(ones, [3]), trained])).toBeUndefined();
  });
});
