import { completeOptimizerSpec } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs';
import { buildJob } from 'manyhands';
import { openEngine } from '../packages/compute/src/open-engine.ts';
import { trainMetered } from './metered-training.ts';

tf.enableProdMode();
const { default: definition } = await import('../examples/mnist/mlp/job.ts');
const loaded = await buildJob({ ...definition, seed: 1 }, 'examples/mnist/mlp');
const { job, program } = loaded;
const { engine } = await openEngine({ ...program.model, seed: 1, unitSamples: job.batch.unitSamples });
const F = { kind: 'float32' } as const;
const settings: any[] = JSON.parse(process.argv[2]!);
for (const s of settings) {
  const strategy = { kind: 'local', steps: s.H, optimizer: completeOptimizerSpec(s.inner) } as const;
  const t0 = Date.now();
  try {
    const points = await trainMetered(
      loaded,
      {
        ...job,
        batch: s.batch ?? job.batch,
        strategy: s.H ? strategy : { kind: 'sync' },
        codec: s.codec ?? F,
        updates: s.updates ?? F,
        optimizer: completeOptimizerSpec(s.outer),
        stop: { steps: s.rounds ?? 10, metricAtLeast: 0.95 },
        evaluation: { ...job.evaluation, everySteps: 1 },
      },
      engine,
      { volunteers: 8, leaving: s.leaving ?? 0.1, unitMs: 100, upBitsPerSecond: Infinity },
    );
    const last = points.at(-1)!;
    console.log(
      JSON.stringify(s),
      points.map((p) => (p.accuracy * 100).toFixed(1)).join(' '),
      'up',
      (last.upBytes / 1e6).toFixed(2),
      'down',
      (last.downBytes / 1e6).toFixed(2),
      `${Date.now() - t0} ms`,
    );
  } catch (e) {
    console.log(JSON.stringify(s), String(e));
  }
}
process.exit(0);
