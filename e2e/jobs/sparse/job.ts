/** Of every gradient an eighth is sent, in four bits a number, and back comes what changed, in eight; the rest follows later. */

import { flowers } from '../flowers.ts';

export default flowers({
  name: 'sparse',
  title: 'Sparse',
  summary: 'Four measurements of a flower say which of three species it is, told in a few bits.',
  hidden: { units: 64, activation: 'relu' },
  optimizer: { kind: 'momentum', learningRate: 0.05, momentum: 0.9, nesterov: false },
  batch: { units: 4, unitSamples: 10 },
  codec: { kind: 'top-k', kept: 512, bits: 4 },
  updates: { kind: 'int8' },
  stop: { steps: 1_000, metricAtLeast: 0.9 },
  evaluateEverySteps: 20,
});
