import type { JobLive, RoundLive } from '@manyhands/protocol';
import { describe, expect, test } from 'vitest';
import { CELLS_MAX, cellsOf, ringView, sentenceOf, statesOf, unitsIn } from './tree.ts';

const LEASED = 0;
const BACKUP = 1;
const IN = 2;

function round(units: number, cells: RoundLive['cells']): RoundLive {
  return { step: 7, units, cells, evaluation: { units: 0, done: 0 } };
}

/** The ring as text: one line a level, `.` free, `o` leased, `/` backup, `#` in; the root is the last line. */
function drawn(live: RoundLive): string {
  const { cells, root } = statesOf(live);
  const lines = new Map<number, string>();
  const letters = { free: '.', leased: 'o', backup: '/', in: '#' } as const;
  for (const [i, block] of cellsOf(live.units).entries()) {
    lines.set(block.level, (lines.get(block.level) ?? '') + letters[cells[i]!.at]);
  }
  return [...lines.values(), letters[root.at]].join(' ');
}

describe('which cells are filled', () => {
  test('[RG1] an inner cell is in when all units below it are, and not before', () => {
    expect(drawn(round(8, []))).toBe('........ .... .. .');
    expect(drawn(round(8, [[0, 1, IN, 1]]))).toBe('#....... .... .. .');
    expect(drawn(round(8, [[0, 2, IN, 1]]))).toBe('##...... #... .. .');
    expect(
      drawn(
        round(8, [
          [0, 3, IN, 1],
          [3, 1, IN, 2],
        ]),
      ),
    ).toBe('####.... ##.. #. .');
    expect(drawn(round(8, [[0, 8, IN, 1]]))).toBe('######## #### ## #');
  });

  test('[RG1] two units that are no siblings fill nothing inside them', () => {
    expect(
      drawn(
        round(8, [
          [1, 1, IN, 1],
          [2, 1, IN, 1],
        ]),
      ),
    ).toBe('.##..... .... .. .');
  });

  test('[RG2] a block that is cut short is in when the units that it has are', () => {
    expect(drawn(round(5, [[4, 1, IN, 1]]))).toBe('....# ..# .# .');
    expect(drawn(round(1, [[0, 1, IN, 1]]))).toBe('# #');
    expect(drawn(round(1, []))).toBe('. .');
  });

  test('[RG3] what is in stays in, and a backup copy shows over the lease that it copies', () => {
    const cells: RoundLive['cells'] = [
      [0, 4, IN, 1],
      [0, 4, BACKUP, 2],
      [4, 4, BACKUP, 2],
      [4, 4, LEASED, 1],
    ];
    expect(drawn(round(8, cells))).toBe('####//// ##.. #. .');
    expect(drawn(round(8, [...cells].reverse()))).toBe('####//// ##.. #. .');
  });

  test('[RG4] an inner cell has the hue of one volunteer only where nobody else gave a part of it', () => {
    const { cells } = statesOf(
      round(4, [
        [0, 2, IN, 5],
        [2, 1, IN, 5],
        [3, 1, IN, 6],
      ]),
    );
    expect(cells[4]).toEqual({ at: 'in', volunteer: 5 });
    expect(cells[5]).toEqual({ at: 'in', volunteer: undefined });
  });

  test('[RG5] above 256 units only the upper levels are drawn, and they claim no more than is true', () => {
    expect(cellsOf(CELLS_MAX).filter((block) => block.level === 0)).toHaveLength(256);
    const lowest = cellsOf(1024).filter((block) => block.level === 2);
    expect(cellsOf(1024)[0]).toEqual({ level: 2, index: 0 });
    expect(lowest).toHaveLength(256);
    const { cells } = statesOf(
      round(1024, [
        [0, 3, IN, 1],
        [4, 4, IN, 1],
        [8, 1, LEASED, 1],
      ]),
    );
    expect(cells.slice(0, 4).map((cell) => cell.at)).toEqual(['free', 'in', 'leased', 'free']);
  });

  test('[RG6] a cell that reaches past the round is cut, never drawn outside', () => {
    expect(drawn(round(4, [[3, 9, IN, 1]]))).toBe('...# .. .');
  });
});

describe('in words', () => {
  test('[RG7] the sentence counts what the ring shows', () => {
    const live = round(32, [
      [0, 16, IN, 1],
      [16, 7, IN, 2],
      [23, 4, LEASED, 3],
    ]);
    expect(unitsIn(live)).toBe(23);
    const view = { at: 'round', round: live, mine: undefined } as const;
    expect(sentenceOf(view, 5)).toBe('Step 7: 23 of 32 units in, 5 volunteers');
    expect(sentenceOf({ at: 'rest', units: 8 }, 1)).toBe('No round is running, 1 volunteer');
    expect(sentenceOf({ at: 'done', step: 400, units: 32 }, 0)).toBe('Finished after 400 steps');
    expect(sentenceOf({ ...view, round: { ...live, evaluation: { units: 4, done: 1 } } }, 0)).toBe(
      'Step 7: 23 of 32 units in, 0 volunteers, held-out check 1 of 4',
    );
  });
});

describe('what there is to draw', () => {
  const live = (status: string, running: ReturnType<typeof round> | null) =>
    ({ job: { status, step: 200, units: 4 }, round: running }) as JobLive;

  test('[RG10] the ring has the units of the job, whether or not a round with units runs', () => {
    expect(ringView(live('finished', null))).toEqual({ at: 'done', step: 200, units: 4 });
    expect(ringView(live('paused', null))).toEqual({ at: 'rest', units: 4 });
    expect(ringView(live('running', round(4, [])))).toMatchObject({ at: 'round', round: { units: 4 } });
    // Only the last version is measured: no unit is left to train on.
    const measured = ringView(live('running', round(0, [])));
    expect(measured).toMatchObject({ at: 'round', round: { units: 4 } });
  });
});
