import { expect, test } from 'vitest';
import { type RememberedSpeed, rememberedSpeeds, rememberSpeed } from './speed-memory.ts';

const storageOf = (kept: Map<string, string>) => () => ({
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
});
const speed = (layoutHash: string, secondsPerSample: number): RememberedSpeed => ({
  ...{ layoutHash, adapter: 'apple metal-3', engine: 'jax-wasm', secondsPerSample },
});

test('[SM1] the newest speed of a job, an adapter and an engine is remembered, and no more than 32 in all', () => {
  const storage = storageOf(new Map());
  for (let job = 0; job < 40; job++) rememberSpeed(storage, speed(`${job}`, 1));
  rememberSpeed(storage, speed('20', 2));
  const kept = rememberedSpeeds(storage);
  expect(kept).toHaveLength(32);
  expect(kept.at(-1)).toEqual(speed('20', 2));
  expect(kept.filter(({ layoutHash }) => layoutHash === '20')).toHaveLength(1);
});

test('[SM1] where nothing can be kept, or what is kept is none, nothing is remembered and nothing breaks', () => {
  const denied = () => {
    throw new Error('The operation is insecure.');
  };
  rememberSpeed(denied, speed('a', 1));
  expect(rememberedSpeeds(denied)).toEqual([]);
  for (const text of ['', '{', '3', 'null', '[null, 7, {"engine": "jax-wasm"}]'])
    expect(rememberedSpeeds(storageOf(new Map([['manyhands.speeds', text]])))).toEqual([]);
});
