import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timeline } from './timeline.ts';

test('acts are performed in the order of their times, those of one time as they were asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100)), (times) => {
      const timeline = new Timeline();
      const performed: [number, number][] = [];
      times.forEach((dueMs, i) => {
        timeline.at(dueMs, () => performed.push([timeline.nowMs, i]));
      });
      while (timeline.next());
      const expected = times.map((dueMs, i) => [dueMs, i] as const).sort((a, b) => a[0] - b[0]);
      expect(performed).toEqual(expected);
    }),
  );
});
