/** A job that is over when the test is: small units, so that whatever happens happens in the middle of one. */

import { flowers } from '../flowers.ts';

export default flowers({
  name: 'steady',
  title: 'Steady',
  summary: 'Four measurements of a flower say which of three species it is, for as long as a test lasts.',
  hidden: { units: 16, activation: 'relu' },
  optimizer: { kind: 'sgd', learningRate: 0.001 },
  batch: { units: 8, unitSamples: 5 },
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
});
