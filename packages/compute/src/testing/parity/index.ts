import type { ParityCase } from './case.ts';
import { DENSE_CASES } from './dense.ts';
import { NORMALIZATION_CASES } from './normalization.ts';
import { SEQUENCE_CASES } from './sequence.ts';
import { SPACE_CASES } from './space.ts';

/** Every layer, loss and kind of model that engines must agree on. */
export const PARITY_CASES: readonly ParityCase[] = [
  ...DENSE_CASES,
  ...NORMALIZATION_CASES,
  ...SEQUENCE_CASES,
  ...SPACE_CASES,
];
