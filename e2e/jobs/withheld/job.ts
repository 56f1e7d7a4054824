/** Of every gradient an eighth is sent, for as long as anybody looks. */

import { flowers } from '../flowers.ts';

export default flowers({
  name: 'withheld',
  title: 'Withheld',
  summary:
    'Four measurements of a flower say which of three species it is, told in a few bits, for as long as anybody looks.',
  hidden: { units: 64, activation: 'relu' },
  optimizer: { kind: 'sgd', learningRate: 0.001 },
  batch: { units: 4, unitSamples: 10 },
  codec: { kind: 'top-k', kept: 64, bits: 4 },
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
});
