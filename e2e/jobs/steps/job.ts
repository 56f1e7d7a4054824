/** Every unit is twenty steps of training by itself; what comes of four of them is averaged, and travels in eight bits a number. */

import { flowers } from '../flowers.ts';

export default flowers({
  name: 'steps',
  title: 'Steps',
  summary: 'Four measurements of a flower say which of three species it is, learned twenty steps at a time.',
  hidden: { units: 16, activation: 'relu' },
  strategy: { kind: 'local', steps: 20, optimizer: { kind: 'adam', learningRate: 0.01 } },
  optimizer: { kind: 'momentum', learningRate: 0.7, momentum: 0.6, nesterov: true },
  batch: { units: 4, unitSamples: 10 },
  codec: { kind: 'int8' },
  stop: { steps: 100, metricAtLeast: 0.9 },
  evaluateEverySteps: 2,
});
