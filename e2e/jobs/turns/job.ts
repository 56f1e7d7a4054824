/** A job whose every version is to be the bytes of one class of device, for as long as a test lasts. */

import { flowers } from '../flowers.ts';

export default flowers({
  name: 'turns',
  title: 'Turns',
  summary: 'Four measurements of a flower say which of three species it is, to the last bit.',
  hidden: { units: 32, activation: 'tanh' },
  optimizer: { kind: 'adam', learningRate: 0.001 },
  batch: { units: 8, unitSamples: 15 },
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
  exact: true,
});
