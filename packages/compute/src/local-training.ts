/** `LocalTraining` over a device that takes steps by itself: cuts samples into passes and units into steps, and keeps calls in order. */

import { requireSamples } from './batch-check.ts';
import type { Descent, DeviceModel } from './device-model.ts';
import type { LocalTraining } from './engine.ts';
import { sliceOf } from './sample-slice.ts';
import { samplesIn } from './staged-batch.ts';
import type { Turns } from './turns.ts';
import { passesOfUnit } from './unit-passes.ts';

interface Trained {
  readonly model: DeviceModel;
  readonly turns: Turns;
  readonly unitSamples: number;
  readonly passes: number;
}

export function createLocalTraining(
  descent: Descent,
  { model, turns, unitSamples, passes }: Trained,
): LocalTraining {
  /** Of the steps of the unit that is under way. */
  let samples = 0;
  const end = () => {
    if (samples > 0) descent.end(samples);
    samples = 0;
  };
  const { encode } = descent;
  return {
    async step(given, taken, step) {
      const batch = samplesIn(given);
      requireSamples(model, batch, unitSamples);
      return turns.take(async () => {
        if (taken === 0) {
          end();
          await descent.begin();
        }
        const fold = descent.fold(unitSamples, taken);
        for (const { first, count } of passesOfUnit(unitSamples, passes)) {
          await fold.add(sliceOf(batch, first, count), step);
        }
        await fold.take();
        samples += unitSamples;
      });
    },
    whole: () =>
      turns.take(() => {
        end();
        return descent.read();
      }),
    encoded:
      encode &&
      ((encoding) =>
        turns.take(() => {
          end();
          return encode(encoding);
        })),
  };
}
