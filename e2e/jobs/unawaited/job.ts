/** Nobody waits for anybody: two units, whoever computed them and whenever they were begun, make a version. */

import { flowers } from '../flowers.ts';

export default flowers({
  name: 'unawaited',
  title: 'Unawaited',
  summary: 'Four measurements of a flower say which of three species it is, learned without waiting.',
  hidden: { units: 16, activation: 'relu' },
  strategy: { kind: 'async', stalenessMax: 8 },
  optimizer: { kind: 'adam', learningRate: 0.01 },
  batch: { units: 2, unitSamples: 15 },
  updates: { kind: 'int8' },
  stop: { steps: 2_000, metricAtLeast: 0.9 },
  evaluateEverySteps: 25,
});
