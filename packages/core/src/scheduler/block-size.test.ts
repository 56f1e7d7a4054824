import { expect, test } from 'vitest';
import { type Claim, levelFor } from './block-size.ts';

const policy = { targetMs: 1_000, deadlineMinMs: 500, deadlineFirstMs: 30_000, heldVectorsMax: 64 };
const claim: Claim = {
  pace: { speed: 0.01, answerMs: 0 },
  share: 16,
  alone: false,
  provenUnits: 64,
  whole: false,
};

const level = (changes: Partial<Claim>) => levelFor({ ...claim, ...changes }, policy);

test('[SD1] a volunteer whose pace is not known gets one unit', () => {
  expect(level({ pace: undefined, share: 0 })).toBe(0);
});

test('[SD2] a block is at most half of the share of what is left, so blocks shrink as a round closes', () => {
  expect([16, 8, 4, 2, 1].map((share) => level({ share }))).toEqual([3, 2, 1, 0, 0]);
});

test('[SD3] a lease aims at the target time, and who works alone gets that much', () => {
  expect(level({ share: 1_024 })).toBe(3);
  expect(level({ alone: true, share: 8 })).toBe(3);
  expect(level({ alone: true, share: 8, pace: { speed: 0.007, answerMs: 0 } })).toBe(3);
  expect(level({ alone: true, share: 8, pace: { speed: 0.005, answerMs: 0 } })).toBe(2);
});

test('[SD5] a block never shrinks below what takes as long to compute as to answer, while the share allows it', () => {
  const pace = { speed: 0.01, answerMs: 400 };
  expect([16, 8, 4, 3, 1].map((share) => level({ pace, share }))).toEqual([3, 2, 2, 1, 0]);
});

test('[SD6] where an answer is dear a block may be worth three of them, however short the target', () => {
  expect(level({ pace: { speed: 0.01, answerMs: 1_100 }, share: 1_024 })).toBe(5);
});

test('[SD7] who could not have answered one unit by the horizon is given none, unless nobody else is there', () => {
  expect(level({ share: 0 })).toBeUndefined();
  expect(level({ share: 0, alone: true })).toBe(3);
});

test('[SD17] where one answer is wanted for all of a share a block is the largest within it, however long that takes', () => {
  expect([16, 9, 4, 3, 1].map((share) => level({ whole: true, share }))).toEqual([4, 3, 2, 1, 0]);
  expect(level({ whole: true, share: 16, provenUnits: 1 })).toBe(2);
  expect(level({ whole: true, share: 0 })).toBeUndefined();
});

test('[SD8] a block is at most four times as large as one that was answered, whatever its volunteer says of itself', () => {
  const pace = { speed: 1_000, answerMs: 0 };
  expect([1, 4, 16].map((provenUnits) => level({ pace, provenUnits, share: 1_024 }))).toEqual([2, 4, 6]);
});
