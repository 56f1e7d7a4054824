import type { VolunteerId } from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PartialFrames } from './partial-frames.ts';

const CHUNK = LIMITS.chunkBytes;
const FRAME = 2 * CHUNK + 12;
const [ADA, BOB] = [1, 2] as VolunteerId[] as [VolunteerId, VolunteerId];
const full = new Uint8Array(CHUNK);

describe('Frames that arrive in chunks', () => {
  test('[CH1] come out whole, in a buffer of their own', () => {
    const frames = new PartialFrames(FRAME, FRAME);
    const bytes = Uint8Array.from({ length: FRAME }, (_, i) => i % 251);
    const take = (from: number) =>
      frames.take(ADA, { lease: 3, from }, bytes.subarray(from, Math.min(FRAME, from + CHUNK)));
    expect([take(0), frames.received(ADA, 3)]).toEqual(['more', CHUNK]);
    expect(take(CHUNK)).toBe('more');
    const whole = take(2 * CHUNK) as Uint8Array;
    expect(Buffer.compare(whole, bytes)).toBe(0);
    expect(whole.buffer.byteLength).toBe(FRAME);
    expect(frames.received(ADA, 3)).toBe(0);
  });

  test.each([
    ['chunk-place', 0, CHUNK],
    ['chunk-place', 2 * CHUNK, 12],
    ['chunk-place', 0xffffffff, CHUNK],
    ['chunk-length', CHUNK, CHUNK - 1],
    ['chunk-length', CHUNK, CHUNK + 1],
    ['chunk-length', CHUNK, 0],
  ])(
    '[CH2] are refused with %s for a second chunk at %i of %i bytes, and forgotten',
    (refusal, from, length) => {
      const frames = new PartialFrames(FRAME, FRAME);
      frames.take(ADA, { lease: 3, from: 0 }, full);
      expect(frames.take(ADA, { lease: 3, from }, new Uint8Array(length))).toBe(refusal);
      expect(frames.received(ADA, 3)).toBe(0);
      expect(frames.take(ADA, { lease: 3, from: CHUNK }, full)).toBe('chunk-place');
    },
  );

  test('[CH3] are one for each volunteer: the newest', () => {
    const frames = new PartialFrames(FRAME, FRAME);
    frames.take(ADA, { lease: 3, from: 0 }, full);
    expect(frames.take(ADA, { lease: 4, from: 0 }, full)).toBe('more');
    expect([frames.received(ADA, 3), frames.received(ADA, 4)]).toEqual([0, CHUNK]);
  });

  test('[CH6] come out in the memory of a frame that was given back, and no other memory is kept', () => {
    const frames = new PartialFrames(FRAME, 2 * FRAME);
    const whole = (lease: number, first: number) => {
      frames.take(ADA, { lease, from: 0 }, new Uint8Array(CHUNK).fill(first));
      frames.take(ADA, { lease, from: CHUNK }, full);
      return frames.take(ADA, { lease, from: 2 * CHUNK }, new Uint8Array(12)) as Uint8Array<ArrayBuffer>;
    };
    const { buffer } = whole(3, 1);
    frames.reuse(new ArrayBuffer(FRAME - 1));
    frames.reuse(buffer);
    const next = whole(4, 2);
    expect(next.buffer).toBe(buffer);
    expect([...next.subarray(CHUNK - 1, CHUNK + 1)]).toEqual([2, 0]);
    expect(whole(5, 3).buffer).not.toBe(buffer);
  });

  test('[CH4] are no more than there is room for, and who is dropped or swept makes room', () => {
    const frames = new PartialFrames(FRAME, 2 * FRAME - 1);
    const begin = (volunteer: VolunteerId) => frames.take(volunteer, { lease: 3, from: 0 }, full);
    expect([begin(ADA), begin(BOB)]).toEqual(['more', 'chunks-full']);
    frames.drop(ADA);
    expect(begin(BOB)).toBe('more');
    frames.sweep(() => true);
    expect(begin(ADA)).toBe('chunks-full');
    frames.sweep((volunteer) => volunteer !== BOB);
    expect(begin(ADA)).toBe('more');
  });

  test('[CH5] whatever comes, never hold more than their bound, and answer only whole frames', () => {
    const moves = fc.record({
      volunteer: fc.integer({ min: 1, max: 3 }),
      lease: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
      // Mostly the chunk that is due.
      skew: fc.oneof(
        { weight: 9, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(-1, 5) },
      ),
    });
    let wholes = 0;
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 60, size: 'max' }), (sequence) => {
        const frames = new PartialFrames(FRAME, 2 * FRAME);
        for (const { volunteer, lease, skew } of sequence) {
          const from = frames.received(volunteer as VolunteerId, lease);
          const due = full.subarray(0, Math.min(CHUNK, FRAME - from) + Math.min(0, skew));
          const place = { lease, from: from + Math.max(0, skew) };
          const taken = frames.take(volunteer as VolunteerId, place, due);
          if (skew !== 0) expect(['chunk-place', 'chunk-length', 'chunks-full']).toContain(taken);
          if (typeof taken !== 'string') wholes++;
          if (typeof taken !== 'string') expect(taken.byteLength).toBe(FRAME);
          const held = [1, 2, 3].filter((who) =>
            [1, 2].some((of) => frames.received(who as VolunteerId, of) > 0),
          );
          expect(held.length).toBeLessThanOrEqual(2);
        }
      }),
    );
    expect(wholes).toBeGreaterThan(0);
  });
});
