import { type Checkpoint, formatVersion, type Measurement } from '@manyhands/core';
import type { Oracle, Truth } from '../oracle.ts';
import { type Checker, demand, sameBytes } from './checker.ts';

/**
 * [WE1] Every version has the bytes that one machine alone computes for its step, whoever computed it and whatever
 * happened before; so has every checkpoint, [WE2] the optimizer's state included. [WE3] A measurement is that of one machine.
 */
export function checkRecomputation(oracle: Oracle): Checker {
  function check(found: Omit<Truth, 'slots'>, step: number, what: string): void {
    const truth = oracle.at(step);
    demand(sameBytes(found.params, truth.params), 'WE1', () => `the parameters of ${what} differ`);
    demand(sameBytes(found.state, truth.state), 'WE1', () => `the state of ${what} differs`);
  }

  function checkCheckpoint(checkpoint: Checkpoint): void {
    const { version, slots, progress } = checkpoint;
    const what = `the checkpoint of ${formatVersion(version)}`;
    check(checkpoint, version.step, what);
    oracle.at(version.step).slots.forEach((slot, i) => {
      demand(sameBytes(slots[i]!, slot), 'WE2', () => `slot ${i} of ${what} differs`);
    });
    if (progress.evaluation !== undefined) checkEvaluation(progress.evaluation);
  }

  function checkEvaluation(found: Measurement): void {
    const truth = oracle.evaluation(found.step);
    demand(
      found.loss === truth.loss && found.metric === truth.metric && found.samples === truth.samples,
      'WE3',
      () => `step ${found.step} was measured with a loss of ${found.loss} instead of ${truth.loss}`,
    );
  }

  return (seen) => {
    if (seen.type === 'started') checkCheckpoint(seen.from);
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) {
      if (effect.type === 'publish') check(effect, effect.version.step, formatVersion(effect.version));
      if (effect.type === 'save') checkCheckpoint(effect.checkpoint);
      if (effect.type === 'record' && effect.entry.kind === 'evaluation') {
        checkEvaluation(effect.entry.evaluation);
      }
    }
  };
}
