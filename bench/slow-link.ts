/**
 * What codecs save of a volunteer's time: until `examples/mnist/cnn` reads 96 % of the held-out digits, where eight volunteers send through
 * 2 Mbit/s each. The mathematics is real, the clock is played: a unit takes as long as on a graphics card, and a contribution as long as
 * its bytes need, so that the link binds and not the processor of whoever measures.
 */

import type { OptimizerOptions } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs';
import { buildJob, type JobDefinition } from 'manyhands';
import { openEngine } from '../packages/compute/src/open-engine.ts';
import { type Measurement, ratio } from './measurement.ts';
import { type MeteredPoint, trainMetered } from './metered-training.ts';

const TARGET = 0.96;
const STEPS_MAX = 400;
const CROWD = { volunteers: 8, leaving: 0, upBitsPerSecond: 2e6 };

/** What differs from the job. */
type Setting = Partial<Pick<JobDefinition, 'codec' | 'updates' | 'optimizer' | 'strategy'>>;

/** Milliseconds of a unit, and up to half as long again: guesses at a graphics card, of which none was at hand. With each the best that was found. */
const CARDS = [
  { name: 'slow_link.speedup', stepMs: 10, best: local(20, 0.02, { kind: 'sgd', learningRate: 1 }) },
  {
    ...{ name: 'slow_link.speedup.quick', stepMs: 3 },
    best: local(30, 0.012, { kind: 'momentum', learningRate: 1, momentum: 0.3, nesterov: true }),
  },
] as const;

/** So many steps of Adam between two rounds, in a byte for each number both ways. */
function local(steps: number, learningRate: number, outer: OptimizerOptions): Setting {
  return {
    strategy: { kind: 'local', steps, optimizer: { kind: 'adam', learningRate } },
    optimizer: outer,
    codec: { kind: 'int8' },
    updates: { kind: 'int8' },
  };
}

export async function measureSlowLink(): Promise<readonly Measurement[]> {
  // TF.js greets everybody who runs it in Node, and the job's file builds its model when it is read.
  tf.enableProdMode();
  const { default: definition } = await import('../examples/mnist/cnn/job.ts');
  const { unitSamples } = definition.batch;
  const build = (changes: Partial<JobDefinition>) =>
    buildJob({ ...definition, ...changes }, 'examples/mnist/cnn');
  const { program } = await build({});
  const { engine } = await openEngine({ ...program.model, seed: definition.seed, unitSamples });
  const train = async (setting: Setting, stepMs: number) => {
    // In one of many local steps every version is measured, otherwise each fifth.
    const evaluateEverySteps = setting.strategy?.kind === 'local' ? 1 : 5;
    const stop = { steps: STEPS_MAX, metricAtLeast: TARGET };
    const loaded = await build({ ...setting, evaluateEverySteps, stop });
    return trainMetered(loaded, engine, { ...CROWD, stepMs });
  };
  try {
    const measured: Measurement[] = [];
    for (const { name, stepMs, best: setting } of CARDS) {
      const plain = endOf(await train({}, stepMs));
      const best = endOf(await train(setting, stepMs));
      const isThere = plain.accuracy >= TARGET && best.accuracy >= TARGET;
      const told = [plain, best].map(
        ({ step, atMs, accuracy }) =>
          `${step} steps, ${(atMs / 1_000).toFixed(1)} s to ${accuracy.toFixed(4)}`,
      );
      const note = `${JSON.stringify(setting)}; float32 ${told[0]}; this ${told[1]}; a unit in ${stepMs} ms`;
      measured.push(ratio(name, isThere ? plain.atMs / best.atMs : 0, note));
    }
    return measured;
  } finally {
    engine.dispose();
  }
}

function endOf(points: readonly MeteredPoint[]): MeteredPoint {
  return points.at(-1)!;
}
