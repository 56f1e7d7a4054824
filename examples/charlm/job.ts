import * as tf from '@tensorflow/tfjs';
import { defineJob, layers, mobyDick } from 'manyhands';

const CONTEXT = 64;
/** Different characters in the novel. */
const CHARACTERS = 81;
const WIDTH = 128;
const HEADS = 4;
const BLOCKS = 4;

/** How weights of a transformer usually begin: small, and each block's last ones smaller, so that blocks start as almost nothing. */
const small = (stddev = 0.02) => tf.initializers.randomNormal({ stddev });
const smaller = () => small(0.02 / Math.sqrt(2 * BLOCKS));

type Sequence = tf.SymbolicTensor;
const follow = (layer: tf.layers.Layer, input: Sequence) => layer.apply(input) as Sequence;
const sum = (one: Sequence, other: Sequence) => tf.layers.add().apply([one, other]) as Sequence;
const normalized = (input: Sequence) => follow(tf.layers.layerNormalization(), input);

/** Each place looks at those before it, then thinks by itself; both are added to what was there. */
function block(input: Sequence): Sequence {
  const attention = layers.multiHeadAttention({
    numHeads: HEADS,
    keyDim: WIDTH / HEADS,
    useCausalMask: true,
    kernelInitializer: small(),
  });
  const seen = sum(input, follow(attention, normalized(input)));
  const wide = tf.layers.dense({ units: 4 * WIDTH, activation: 'relu', kernelInitializer: small() });
  const back = tf.layers.dense({ units: WIDTH, kernelInitializer: smaller() });
  return sum(seen, follow(back, follow(wide, normalized(seen))));
}

function gpt(): tf.LayersModel {
  const inputs = tf.input({ shape: [CONTEXT] });
  const table = tf.layers.embedding({
    inputDim: CHARACTERS,
    outputDim: WIDTH,
    embeddingsInitializer: small(),
  });
  const places = layers.positionEmbedding({ sequenceLength: CONTEXT, embeddingsInitializer: small() });
  let sequence = follow(places, follow(table, inputs));
  for (let i = 0; i < BLOCKS; i++) sequence = block(sequence);
  const next = tf.layers.dense({ units: CHARACTERS, activation: 'softmax', kernelInitializer: small() });
  return tf.model({ inputs, outputs: follow(next, normalized(sequence)) });
}

export default defineJob({
  name: 'charlm',
  title: 'Writing like Moby-Dick',
  operator: 'the Manyhands example',
  summary:
    'A small language model reads the novel character by character and learns which comes next, until it can go on by itself.',
  model: gpt(),
  dataset: mobyDick({ context: CONTEXT, stride: 32 }),
  loss: 'sparseCategoricalCrossentropy',
  metric: 'accuracy',
  optimizer: {
    kind: 'adamw',
    learningRate: {
      kind: 'warmup',
      initial: 0.00001,
      overSteps: 100,
      into: { kind: 'cosine', initial: 0.002, final: 0.0002, overSteps: 2_900 },
    },
    weightDecay: 0.01,
    clip: { kind: 'norm', max: 1 },
  },
  batch: { units: 8, unitSamples: 8 },
  seed: 1,
  stop: { steps: 3_000 },
  evaluateEverySteps: 50,
  trial: 'text',
});
