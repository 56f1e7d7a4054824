import { expect, test } from 'vitest';
import { LeaseBook } from './lease-book.ts';

const lease = (number: number, version = '1-4') =>
  ({ lease: number, kind: 'train', version, first: 0, count: 1, deadlineInMs: 100 }) as const;

test('[LB1] a lease lives until its receipt, its release, the end of its round, or twice its span', () => {
  const book = new LeaseBook(0);
  const live = (newest: string, nowMs: number) =>
    book.live(newest, nowMs).map(([number, { answered }]) => [number, answered]);
  book.give(lease(4, '1-3'), 1_000);
  expect(live('1-3', 1_000)).toEqual([[4, false]]);
  for (const number of [1, 2, 3]) book.give(lease(number), 1_000);
  book.end(2);
  book.answer(3);
  expect(live('1-4', 1_199)).toEqual([
    [1, false],
    [3, true],
  ]);
  expect([live('1-4', 1_200), live('1-5', 1_000)]).toEqual([[], []]);
});

test('[LB3] where answers may be older, a lease lives on until so many versions have followed its own', () => {
  const book = new LeaseBook(2);
  book.give(lease(1, '1-4'), 0);
  const lives = ['1-4', '1-6', '1-7', '2-4'].map((newest) => book.isLive(1, newest, 0));
  expect(lives).toEqual([true, true, false, false]);
});

test('[LB2] the book is bounded: the oldest leases are forgotten first', () => {
  const book = new LeaseBook(0);
  for (let number = 1; number <= 100; number++) book.give(lease(number), 0);
  expect(book.live('1-4', 0).map(([number]) => number)).toEqual(Array.from({ length: 16 }, (_, i) => 85 + i));
});
