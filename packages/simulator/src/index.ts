export { ALL_FAULTS, FAULTS, type Fault, type Faults, NO_FAULTS, parseFaults } from './fault.ts';
export type { Observation, Observer } from './observation.ts';
export { createPopulation } from './population.ts';
export type { Tally } from './tally.ts';
export type { Traits } from './volunteer.ts';
export { createWorld, type Outcome, runWorld, type WorldOptions } from './world.ts';
