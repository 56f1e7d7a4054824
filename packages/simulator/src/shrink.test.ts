import { expect, test } from 'vitest';
import { ALL_FAULTS } from './fault.ts';
import { commandOf, shrink } from './shrink.ts';
import { createWorld, type Outcome, runWorld, type WorldRequest } from './world.ts';

const calm = runWorld(createWorld({ seed: 0, volunteers: 1, rounds: 1, units: 1, faults: new Set() }));

/** A world that breaks a rule when it has a crash, three volunteers and two rounds. */
function run({ volunteers, rounds, faults }: WorldRequest): Outcome {
  const breaks = faults.has('crash') && volunteers >= 3 && rounds >= 2;
  return breaks ? { ...calm, broken: { rule: 'WE1', sentence: '', atMs: 0 } } : calm;
}

const request = { seed: 7, volunteers: 40, rounds: 12, units: 24, faults: ALL_FAULTS };

test('a failing world is cut down to what makes it fail, and its command says how to see it', () => {
  const { request: smallest, outcome } = shrink({ request, outcome: run(request) }, run, () => true);
  expect(outcome.broken?.rule).toBe('WE1');
  expect(commandOf(smallest)).toBe(
    'npm run simulate -- --seed 7 --volunteers 3 --rounds 2 --units 1 --faults crash --trace',
  );
});

test('when the time is up, what was found so far is the answer', () => {
  expect(shrink({ request, outcome: run(request) }, run, () => false).request).toBe(request);
});
