/**
 * How fast engines are beside adapters, in the words of volunteers: the table that a tab reads before it chooses.
 *
 * Nobody can check these words, so none of them weighs much. Of each pair the newest few measurements are kept, one for each
 * account, and the row says the middle one, of an even number the slower: from three accounts on no single one can move a row
 * out of what the others measured. An account is heard about a row once in ten minutes. When the table is full, the row that
 * the fewest have measured goes, of these the one that was silent for longest: who makes rows up pushes out its own.
 *
 * A lie costs a stranger some speed and nothing else: every tab measures what it runs, and believes that more.
 */

import type { AccountId } from '@manyhands/core';
import { LIMITS, type SpeedMessage, type SpeedRow } from '@manyhands/protocol';

/** A row as it is kept. */
export interface MeasuredSpeed extends Omit<SpeedMessage, 'secondsPerSample'> {
  /** Oldest first, one for each account. */
  readonly measurements: readonly Measurement[];
}

export interface Measurement {
  readonly account: AccountId;
  readonly secondsPerSample: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export class SpeedTable {
  readonly #rows = new Map<string, MeasuredSpeed>();

  constructor(kept: readonly MeasuredSpeed[]) {
    for (const row of kept) this.#rows.set(keyOf(row), row);
  }

  /** False where the account was heard about this just now. */
  hear(account: AccountId, message: SpeedMessage, at: number): boolean {
    const { secondsPerSample, ...about } = message;
    const key = keyOf(about);
    const measurements = this.#rows.get(key)?.measurements ?? [];
    const earlier = measurements.find((one) => one.account === account);
    if (earlier !== undefined && at - earlier.at < LIMITS.speedPauseMs) return false;
    const others = measurements.filter((one) => one !== earlier);
    const heard = [...others, { account, secondsPerSample, at }].slice(-LIMITS.speedVoicesMax);
    if (measurements.length === 0 && this.#rows.size >= LIMITS.speedRowsMax) this.#makeRoom();
    this.#rows.set(key, { ...about, measurements: heard });
    return true;
  }

  get kept(): readonly MeasuredSpeed[] {
    return [...this.#rows.values()];
  }

  get rows(): readonly SpeedRow[] {
    return this.kept.map(speedRow);
  }

  #makeRoom(): void {
    const [least] = [...this.#rows].sort(
      ([, a], [, b]) => a.measurements.length - b.measurements.length || newestAt(a) - newestAt(b),
    );
    this.#rows.delete(least![0]);
  }
}

/** A row as it is told: how many have measured it, and not who. */
export function speedRow(row: MeasuredSpeed): SpeedRow {
  const { measurements, ...about } = row;
  const speeds = measurements.map(({ secondsPerSample }) => secondsPerSample).sort((a, b) => a - b);
  return {
    ...about,
    secondsPerSample: speeds[speeds.length >> 1]!,
    accounts: measurements.length,
    measuredAt: newestAt(row),
  };
}

function newestAt({ measurements }: MeasuredSpeed): number {
  return measurements.at(-1)!.at;
}

function keyOf({ adapter, engine, backend }: Omit<SpeedMessage, 'secondsPerSample'>): string {
  return JSON.stringify([adapter, engine, backend]);
}
