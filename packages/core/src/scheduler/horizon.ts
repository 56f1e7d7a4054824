/**
 * The horizon of a round: the earliest time by which those who are there can have answered whole units for all that is
 * left. It is water-filling with whole units: each worker's answers begin to count when it is ready, and from then
 * on at its own speed; the horizon is where the sum of what each *finishes* reaches what is left.
 *
 * Left is what nobody has, and what somebody has but is not expected to answer before others could: a late block, a slow one's, one
 * tried on a stranger. So the horizon falls no later than such a block would come in by itself.
 *
 * Who can finish a unit by then is worth giving one; who cannot would only be waited for. Because units are whole there is
 * always somebody who can, so a round that follows its horizon cannot stall.
 */

export interface Worker {
  /** Units a millisecond; more than 0. */
  readonly speed: number;
  /** Milliseconds until its next answer could be in if there were nothing to compute for it. */
  readonly readyMs: number;
  /** Milliseconds before which its next answer cannot be in, for answers travel one after another. */
  readonly earliestMs: number;
}

/** A block that is under way, and may take longer than a copy of it. */
export interface Doubtful {
  readonly units: number;
  /** Milliseconds until its answer is expected; infinity when none is. */
  readonly remainingMs: number;
}

/**
 * In milliseconds from now; infinity where nobody works. At most a hundredth later than the earliest. One worker alone can
 * finish the largest block of those that are worth a copy by then, for blocks are copied whole.
 */
export function horizonOf(
  workers: readonly Worker[],
  units: number,
  doubtful: readonly Doubtful[] = [],
): number {
  const most = doubtful.reduce((sum, block) => sum + block.units, units);
  if (most === 0) return 0;
  let late = Number.POSITIVE_INFINITY;
  for (const worker of workers) late = Math.min(late, answerIn(worker, most));
  if (late === Number.POSITIVE_INFINITY) return late;
  let early = 0;
  while (late - early > PRECISION * late + ROUNDING) {
    const middle = (early + late) / 2;
    if (suffices(workers, units, doubtful, middle)) late = middle;
    else early = middle;
  }
  return late;
}

/** An answer within so many milliseconds is worth a copy of what is expected in `remainingMs`. */
export function isClearlySooner(ms: number, { remainingMs }: Doubtful): boolean {
  return ms < CLEARLY_SOONER * remainingMs;
}

/** Whole units that a worker can have answered by then. */
export function unitsBy(horizonMs: number, { speed, readyMs, earliestMs }: Worker): number {
  if (horizonMs < earliestMs) return 0;
  // A unit that ends at the horizon but for the rounding of the division above counts.
  return Math.max(0, Math.floor(speed * (horizonMs - readyMs) + ROUNDING));
}

/** What each is to answer by the horizon, so that all of them together answer `units`: in proportion to what it could, and no more. */
export function sharesBy(horizonMs: number, workers: readonly Worker[], units: number): number[] {
  const could = workers.map((worker) => unitsBy(horizonMs, worker));
  const all = could.reduce((sum, some) => sum + some, 0);
  const part = all === 0 ? 0 : Math.min(1, units / all);
  let before = 0;
  return could.map((some) => {
    // Of each running sum the next whole number: what one is given more than its part, those after it are given less.
    const [from, to] = [before, before + some];
    before = to;
    return Math.ceil(to * part - ROUNDING) - Math.ceil(from * part - ROUNDING);
  });
}

/** Milliseconds until its answer of so many units is in. */
export function answerIn({ speed, readyMs, earliestMs }: Worker, units: number): number {
  return Math.max(earliestMs, readyMs + units / speed);
}

function suffices(
  workers: readonly Worker[],
  units: number,
  doubtful: readonly Doubtful[],
  horizonMs: number,
): boolean {
  const copied = doubtful.filter((block) => isClearlySooner(horizonMs, block));
  const left = copied.reduce((sum, block) => sum + block.units, units);
  const largest = copied.reduce((most, block) => Math.max(most, block.units), 0);
  if (left === 0) return true;
  let sum = 0;
  let most = 0;
  for (const worker of workers) {
    const could = unitsBy(horizonMs, worker);
    sum += could;
    most = Math.max(most, could);
    if (sum >= left && most >= largest) return true;
  }
  return false;
}

const PRECISION = 0.01;
const ROUNDING = 1e-6;

/** A copy must be expected within this part of the time that its original is expected to take yet: paces are guesses. */
const CLEARLY_SOONER = 0.5;
