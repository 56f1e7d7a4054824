/**
 * Measuring one version on the held-out set, as work for volunteers. Units are given out one by one and their sums are
 * added in the order of the units, whoever computed them and whenever they came: a reported loss is reproducible too.
 */

import { assert } from './assert.ts';
import type { Measurement } from './checkpoint.ts';

export interface EvaluationSums {
  readonly lossSum: number;
  readonly metricSum: number;
  readonly samples: number;
}

export interface Evaluation {
  readonly units: number;
  readonly done: number;
  /** False, and nothing has changed, when the sums are not finite. */
  add(unit: number, sums: EvaluationSums): boolean;
  /** The means over the whole set, once every unit is in. */
  result(step: number): Measurement | undefined;
}

export function createEvaluation(units: number): Evaluation {
  const sums: (EvaluationSums | undefined)[] = Array.from({ length: units });
  let done = 0;
  return {
    units,
    get done() {
      return done;
    },
    add(unit, unitSums) {
      assert(sums[unit] === undefined, 'evaluation.add', `unit ${unit} is already in`);
      if (!Number.isFinite(unitSums.lossSum) || !Number.isFinite(unitSums.metricSum)) return false;
      sums[unit] = unitSums;
      done++;
      return true;
    },
    result(step) {
      if (units === 0 || done < units) return undefined;
      let lossSum = 0;
      let metricSum = 0;
      let samples = 0;
      for (const unit of sums) {
        lossSum += unit!.lossSum;
        metricSum += unit!.metricSum;
        samples += unit!.samples;
      }
      return { step, loss: lossSum / samples, metric: metricSum / samples, samples };
    },
  };
}
