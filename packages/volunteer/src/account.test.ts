import { expect, test } from 'vitest';
import { accountOf } from './account.ts';

const storageOf = (kept: Map<string, string>) => () => ({
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
});

test('[AC1] an account is 128 random bits, the same in every visit', () => {
  const storage = storageOf(new Map());
  const account = accountOf(storage);
  expect(account).toMatch(/^[0-9a-f]{32}$/);
  expect(accountOf(storage)).toBe(account);
  expect(accountOf(storageOf(new Map()))).not.toBe(account);
});

test('[AC1] where nothing can be kept, or what is kept is none, there is one all the same', () => {
  const denied = () => {
    throw new Error('The operation is insecure.');
  };
  expect(accountOf(denied)).toMatch(/^[0-9a-f]{32}$/);
  expect(accountOf(storageOf(new Map([['manyhands.account', 'me']])))).toMatch(/^[0-9a-f]{32}$/);
});
