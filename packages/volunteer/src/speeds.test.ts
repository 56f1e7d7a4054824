import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fetchSpeeds, readSpeeds, speedMessage } from './speeds.ts';

const row = { adapter: 'v a', engine: 'jax-js-0.1.25', backend: 'wasm', secondsPerSample: 0.5 };
const served = (changes = {}) => JSON.stringify([{ ...row, accounts: 2, measuredAt: 9, ...changes }]);

test('[KS1] rows of the table are speeds of engines of this build; others are left out', () => {
  const speed = { adapter: 'v a', engine: 'jax-wasm', secondsPerSample: 0.5 } as const;
  expect(readSpeeds(served())).toEqual([speed]);
  expect(readSpeeds(served({ engine: 'jax-js-0.0.1' }))).toEqual([]);
  expect(speedMessage(speed)).toEqual(row);
  expect(speedMessage({ ...speed, secondsPerSample: 0 }).secondsPerSample).toBe(1e-9);
});

test('[KS1] whatever the server sends, and where it sends nothing, there is a table, if an empty one', async () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readSpeeds(text)));
  expect(readSpeeds(served({ secondsPerSample: -1 }))).toEqual([]);
  const gone = async () => ({ failure: 'gone', sentence: 'Nothing there.' }) as const;
  expect(await fetchSpeeds(gone, 'http://server', 'little')).toEqual([]);
});
