import { type CodecSpec, completeOptimizerSpec, shapeOf } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs';
import { buildJob } from 'manyhands';
import { openEngine } from '../packages/compute/src/open-engine.ts';
import { trainMetered } from './metered-training.ts';
tf.enableProdMode();
const { default: definition } = await import('../examples/mnist/mlp/job.ts');
const seed = 1;
const loaded = await buildJob({ ...definition, seed }, 'examples/mnist/mlp');
const { job, program } = loaded;
const { engine } = await openEngine({ ...program.model, seed, unitSamples: job.batch.unitSamples });
const up = (kept: number, bits: any): CodecSpec => ({ kind: 'top-k', kept, bits });
const target = 0.95;
const runs: [CodecSpec, CodecSpec, number, number, number][] = JSON.parse(process.argv[2]!);
for (const [codec, updates, rate, beta1, leaving] of runs) {
  const optimizer = completeOptimizerSpec({ kind: 'adam', learningRate: rate, beta1 });
  const t = performance.now();
  try {
  const points = await trainMetered(loaded, { ...job, codec, updates, optimizer, stop: { steps: 240, metricAtLeast: target }, evaluation: { ...job.evaluation, everySteps: 3 } }, engine, { volunteers: 8, leaving });
  const last = points.at(-1)!; const best = Math.max(...points.map(p => p.accuracy));
  console.log(JSON.stringify([codec, updates, rate, beta1, leaving]), 'steps', last.step, 'best', best, 'up MB', (last.upBytes/1e6).toFixed(2), 'down MB', (last.downBytes/1e6).toFixed(2), 'total ratio vs 532', (532/((last.upBytes+last.downBytes)/1e6)).toFixed(1), ((performance.now()-t)/1000|0)+'s', points.filter((_,i)=>i%8===0).map(p=>(p.accuracy*100).toFixed(1)).join(' '));
  } catch (e) { console.log(JSON.stringify([codec, updates, rate, beta1]), String(e)); }
}
process.exit(0);
