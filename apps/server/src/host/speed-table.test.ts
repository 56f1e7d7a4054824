import { LIMITS, type SpeedMessage } from '@manyhands/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpeedTable } from './speed-table.ts';

const about = { adapter: 'apple metal-3', engine: 'jax-js-0.1.25', backend: 'webgpu' } as const;
const speed = (secondsPerSample: number, changes: Partial<SpeedMessage> = {}): SpeedMessage => ({
  ...about,
  secondsPerSample,
  ...changes,
});

describe('The table of speeds', () => {
  test('[TS1] a row says the middle of what accounts measured, of an even number the slower, and not who they are', () => {
    const table = new SpeedTable([]);
    table.hear('a', speed(1), 10);
    expect(table.rows).toEqual([{ ...speed(1), accounts: 1, measuredAt: 10 }]);
    table.hear('b', speed(3), 20);
    expect(table.rows).toEqual([{ ...speed(3), accounts: 2, measuredAt: 20 }]);
    table.hear('c', speed(2), 30);
    expect(table.rows).toEqual([{ ...speed(2), accounts: 3, measuredAt: 30 }]);
    expect(new SpeedTable(table.kept).rows).toEqual(table.rows);
  });

  test('[TS2] an account has one voice in a row, and is heard about it once in ten minutes', () => {
    const table = new SpeedTable([]);
    expect(table.hear('a', speed(1), 0)).toBe(true);
    expect(table.hear('a', speed(9), LIMITS.speedPauseMs - 1)).toBe(false);
    expect(table.hear('a', speed(9, { backend: 'wasm' }), 1)).toBe(true);
    expect(table.hear('a', speed(2), LIMITS.speedPauseMs)).toBe(true);
    expect(table.rows[0]).toMatchObject({ secondsPerSample: 2, accounts: 1 });
  });

  test('[TS3] one account cannot move a row out of what two others measured', () => {
    const seconds = fc.double({ min: 1e-9, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, fc.array(seconds, { minLength: 1 }), (one, other, lies) => {
        const table = new SpeedTable([]);
        table.hear('a', speed(one), 0);
        table.hear('b', speed(other), 0);
        for (const [i, lie] of lies.entries()) table.hear('liar', speed(lie), i * LIMITS.speedPauseMs);
        const [row] = table.rows;
        expect(row!.secondsPerSample).toBeGreaterThanOrEqual(Math.min(one, other));
        expect(row!.secondsPerSample).toBeLessThanOrEqual(Math.max(one, other));
      }),
    );
  });

  test('[TS4] rows and voices are bounded, and the row that fewest have measured makes room, of those the oldest', () => {
    const table = new SpeedTable([]);
    for (let i = 0; i < 2 * LIMITS.speedVoicesMax; i++) table.hear(`${i}`, speed(i), i);
    expect(table.kept[0]!.measurements).toHaveLength(LIMITS.speedVoicesMax);
    for (let i = 0; i < 3 * LIMITS.speedRowsMax; i++)
      table.hear('liar', speed(1, { adapter: `${i}` }), 100 + i);
    expect(table.rows).toHaveLength(LIMITS.speedRowsMax);
    expect(table.rows[0]).toMatchObject({ ...about, accounts: LIMITS.speedVoicesMax });
    expect(table.rows.at(-1)).toMatchObject({ adapter: `${3 * LIMITS.speedRowsMax - 1}` });
  });
});
