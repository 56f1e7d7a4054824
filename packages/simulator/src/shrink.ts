/**
 * A failing world made small: faults, volunteers, rounds and units are taken away for as long as the same rule breaks
 * (delta debugging: Zeller and Hildebrandt, 2002). Fewer of anything is another world, in which the same seed draws other
 * things, so every size is tried with some seeds and the first that fails in the same way is kept.
 */

import type { Faults } from './fault.ts';
import type { Outcome, WorldRequest } from './world.ts';

export interface Shrunk {
  readonly request: WorldRequest;
  readonly outcome: Outcome;
}

/** The smallest request in which `run` still finds the same rule broken; the smallest so far when no more may be run. */
export function shrink(
  failing: Shrunk,
  run: (request: WorldRequest) => Outcome,
  mayGoOn: () => boolean,
): Shrunk {
  let smallest = failing;
  for (;;) {
    const smaller = firstSmaller(smallest, run, mayGoOn);
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

function firstSmaller(
  { request, outcome }: Shrunk,
  run: (request: WorldRequest) => Outcome,
  mayGoOn: () => boolean,
): Shrunk | undefined {
  for (const candidate of smallerThan(request)) {
    for (let seed = 0; seed < SEEDS_TRIED; seed++) {
      if (!mayGoOn()) return undefined;
      const tried = { ...candidate, seed: request.seed + seed };
      const found = run(tried);
      if (found.broken?.rule === outcome.broken?.rule) return { request: tried, outcome: found };
    }
  }
  return undefined;
}

/** From what saves most to what saves least. */
function* smallerThan(request: WorldRequest): Generator<WorldRequest> {
  for (const what of ['volunteers', 'rounds', 'units'] as const) {
    for (const size of new Set([
      1,
      Math.ceil(request[what] / 4),
      Math.ceil(request[what] / 2),
      request[what] - 1,
    ])) {
      if (size >= 1 && size < request[what]) yield { ...request, [what]: size };
    }
  }
  for (const fault of request.faults) yield { ...request, faults: without(request.faults, fault) };
}

function without<Item>(items: ReadonlySet<Item>, item: Item): ReadonlySet<Item> {
  return new Set([...items].filter((other) => other !== item));
}

/** The command that shows this world again. */
export function commandOf({
  seed,
  volunteers,
  rounds,
  units,
  faults,
  lossy,
  strategy = 'sync',
}: WorldRequest): string {
  return `npm run simulate -- --seed ${seed} --volunteers ${volunteers} --rounds ${rounds} --units ${units} --faults ${namesOf(faults)}${lossy ? ' --lossy' : ''}${strategy === 'sync' ? '' : ` --strategy ${strategy}`} --trace`;
}

function namesOf(faults: Faults): string {
  return faults.size === 0 ? "''" : [...faults].join(',');
}

const SEEDS_TRIED = 12;
