import { expect, test } from 'vitest';
import { phaseWords } from './phase-words.ts';

test('[JP1] the pauses of the duty cycle do not change what a person reads', () => {
  const working = phaseWords({ at: 'working', kind: 'train', first: 0, count: 2 }, 0);
  expect(phaseWords({ at: 'waiting' }, 0)).toEqual(working);
  expect(phaseWords({ at: 'resting', why: 'intensity', sentence: 'a pause' }, 0)).toEqual(working);
  expect(phaseWords({ at: 'resting', why: 'battery', sentence: 'The battery is low.' }, 0).sentence).toBe(
    'The battery is low.',
  );
});

test('[JP4] who waits for the turn of its kind of device is not told that it helps', () => {
  const serving = { engine: 'test-1', backend: 'webgpu', vendor: 'apple', architecture: '' } as const;
  const { heading, sentence } = phaseWords({ at: 'standing-by', serving }, 0);
  expect(heading).toBe('Waiting for its turn');
  expect(sentence).toContain('One kind of device at a time');
  expect(`${heading} ${sentence}`).not.toMatch(/help/i);
});

test('[JP2] a wait says how long it still is, and why', () => {
  const phase = { at: 'connecting', attempt: 2, retryAtMs: 5_000, why: 'The server is full.' } as const;
  expect(phaseWords(phase, 1_200).sentence).toBe('The server is full. Trying again in 4 s.');
  expect(phaseWords(phase, 6_000).heading).toBe('Connecting');
});
