import { expect, test } from 'vitest';
import { eventWords } from './event-words.ts';

const to = { engine: 'tfjs-4.22.0', backend: 'webgpu', vendor: 'apple', architecture: 'metal-3' } as const;

test('[EL1] a comparison names both who answered', () => {
  const words = (agrees: boolean, first?: number) =>
    eventWords(
      { kind: 'compared', volunteer: 4, agrees, ...(first === undefined ? {} : { first }) },
      'accuracy',
    );
  expect(words(true, 7)).toEqual({
    words: 'A second answer of volunteer 4 agrees with that of volunteer 7',
    tone: 'plain',
  });
  expect(words(false, 7)).toEqual({
    words: 'A second answer of volunteer 4 differs from that of volunteer 7',
    tone: 'bad',
  });
  expect(words(true).words).toBe('A second answer of volunteer 4 agrees with the first');
});

test('[XC15] the log says which class of device a version is of, and what that cost', () => {
  const words = (units: number) =>
    eventWords({ kind: 'class-changed', step: 12, to, units }, 'accuracy').words;
  expect(words(0)).toBe('From step 12 on computed by WebGPU, apple metal-3 (tfjs-4.22.0)');
  expect(words(1)).toBe(
    'From step 12 on computed by WebGPU, apple metal-3 (tfjs-4.22.0), 1 unit computed again',
  );
});
