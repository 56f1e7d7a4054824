import { type Job, sendsUpdates } from '@manyhands/core';
import type { Faults } from '../fault.ts';
import type { Oracle } from '../oracle.ts';
import { checkAnswers } from './answers.ts';
import type { Checker } from './checker.ts';
import { checkClasses } from './classes.ts';
import { checkCredit } from './credit.ts';
import { checkDraining } from './draining.ts';
import { checkDurability } from './durability.ts';
import { checkLeases } from './leases.ts';
import { checkMemory } from './memory.ts';
import { checkProgress } from './progress.ts';
import { checkRecomputation } from './recompute.ts';
import { checkResiduals } from './residuals.ts';
import { checkSecondAnswers } from './second-answers.ts';
import { checkUnits } from './units.ts';
import { checkUpdates } from './updates.ts';
import { checkVersions } from './versions.ts';

/** One of each, for one world. */
export function createCheckers(job: Job, oracle: Oracle, faults: Faults): Checker[] {
  // What a lossy codec brings about depends on who was there.
  const bytes =
    job.codec.kind === 'float32'
      ? [checkSecondAnswers(job, oracle), checkRecomputation(oracle)]
      : [checkResiduals(job)];
  return [
    checkVersions(),
    checkUnits(job.batch.units),
    checkLeases(job),
    ...(job.exact ? [checkClasses()] : []),
    ...(sendsUpdates(job.updates) ? [checkUpdates(job)] : []),
    checkDraining(),
    checkAnswers(job),
    ...bytes,
    checkProgress(job, faults),
    checkMemory(job),
    checkDurability(),
    checkCredit(job.batch.units),
  ];
}
