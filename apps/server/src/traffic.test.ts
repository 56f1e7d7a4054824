import { expect, test } from 'vitest';
import { Traffic } from './traffic.ts';

test('[TC1] traffic is told for each sample of the steps since counting began, and not before the first', () => {
  const traffic = new Traffic();
  expect(traffic.perSample({ step: 40, batchSamples: 8 })).toBeNull();
  traffic.contributionCame(1_000);
  traffic.contributionCame(600);
  traffic.parametersWent(3_200);
  expect(traffic.perSample({ step: 40, batchSamples: 8 })).toBeNull();
  expect(traffic.perSample({ step: 42, batchSamples: 8 })).toEqual({ up: 100, down: 200 });
});
