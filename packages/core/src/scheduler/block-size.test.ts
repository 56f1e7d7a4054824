import { expect, test } from 'vitest';
import { type Claim, unitsFor } from './block-size.ts';

const policy = { targetMs: 1_000, deadlineMinMs: 500, deadlineFirstMs: 30_000, heldVectorsMax: 64 };
const claim: Claim = {
  pace: { speed: 0.01, answerMs: 0 },
  share: 16,
  alone: false,
  provenUnits: 64,
  whole: false,
};

const units = (changes: Partial<Claim>) => unitsFor({ ...claim, ...changes }, policy);

test('[SD1] a volunteer whose pace is not known gets one unit', () => {
  expect(units({ pace: undefined, share: 0 })).toBe(1);
});

test('[SD2] a block is at most half of the share of what is left, so blocks shrink as a round closes', () => {
  expect([16, 8, 4, 2, 1].map((share) => units({ share }))).toEqual([8, 4, 2, 1, 1]);
});

test('[SD3] a lease aims at the target time, and who works alone gets that much', () => {
  expect(units({ share: 1_024 })).toBe(8);
  expect(units({ alone: true, share: 8 })).toBe(8);
  expect(units({ alone: true, share: 8, pace: { speed: 0.007, answerMs: 0 } })).toBe(8);
  expect(units({ alone: true, share: 8, pace: { speed: 0.005, answerMs: 0 } })).toBe(4);
});

test('[SD5] a block never shrinks below what takes as long to compute as to answer, while the share allows it', () => {
  const pace = { speed: 0.01, answerMs: 400 };
  expect([16, 8, 4, 3, 1].map((share) => units({ pace, share }))).toEqual([8, 4, 4, 2, 1]);
});

test('[SD6] where an answer is dear a block may be worth three of them, however short the target', () => {
  expect(units({ pace: { speed: 0.01, answerMs: 1_100 }, share: 1_024 })).toBe(32);
});

test('[SD7] who could not have answered one unit by the horizon is given none, unless nobody else is there', () => {
  expect(units({ share: 0 })).toBeUndefined();
  expect(units({ share: 0, alone: true })).toBe(8);
});

test('[SD17] where one answer is wanted for all of a share it is given whole, however long that takes', () => {
  expect([16, 9, 4, 3, 1].map((share) => units({ whole: true, share }))).toEqual([16, 9, 4, 3, 1]);
  expect(units({ whole: true, share: 16, provenUnits: 1 })).toBe(4);
  expect(units({ whole: true, share: 16, provenUnits: 3 })).toBe(12);
  expect(units({ whole: true, share: 0 })).toBeUndefined();
});

test('[SD8] a block is at most four times as large as one that was answered, whatever its volunteer says of itself', () => {
  const pace = { speed: 1_000, answerMs: 0 };
  expect([1, 4, 16].map((provenUnits) => units({ pace, provenUnits, share: 1_024 }))).toEqual([4, 16, 64]);
});
