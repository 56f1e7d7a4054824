import { isLossy, type Job, sendsUpdates } from '@manyhands/core';
import type { Faults } from '../fault.ts';
import type { Oracle } from '../oracle.ts';
import { checkAnswers } from './answers.ts';
import type { Checker } from './checker.ts';
import { checkClasses } from './classes.ts';
import { checkCredit } from './credit.ts';
import { checkDraining } from './draining.ts';
import { checkDurability } from './durability.ts';
import { checkGathering } from './gathering.ts';
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
  // What a lossy codec brings about depends on who was there, as does what is cut short or comes late.
  const bytes = [
    ...(isLossy(job.codec) ? [checkResiduals(job)] : []),
    ...(isLossy(job.codec) || job.strategy.kind !== 'sync' ? [checkGathering(job)] : []),
  ];
  const exactBytes = [checkSecondAnswers(job, oracle), checkRecomputation(oracle)];
  return [
    checkVersions(),
    checkUnits(job),
    checkLeases(job),
    ...(job.exact ? [checkClasses()] : []),
    ...(sendsUpdates(job.updates) ? [checkUpdates(job)] : []),
    checkDraining(),
    checkAnswers(job),
    ...(bytes.length > 0 ? bytes : exactBytes),
    checkProgress(job, faults),
    checkMemory(job),
    checkDurability(),
    checkCredit(job),
  ];
}
