/**
 * `npm run bench`: every figure that the docs quote, each a ratio taken in one run on this machine.
 *
 *     npm run bench -- --only scaling     the figures whose name begins so
 *     npm run bench -- --json FILE        also writes [{ name, value, unit, higherIsBetter, note }]
 */

import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBytes } from './bytes.ts';
import { measureElastic } from './elastic.ts';
import { measureEncoding } from './encode.ts';
import { measureEngines } from './engines.ts';
import { measureHeldVectors } from './held-vectors.ts';
import { measureHerd, measureIdle } from './herd.ts';
import { measureCodecCpu, measureLoops, measureOptimizerCpu } from './hot-loops.ts';
import { measureIngest } from './ingest.ts';
import { measureLoopDelay } from './loop-delay.ts';
import type { Measurement } from './measurement.ts';
import { measureOverhead } from './overhead.ts';
import { measurePageThread } from './page-thread.ts';
import { measureServerKilled } from './recovery-server.ts';
import { RECOVERIES } from './recovery-tab.ts';
import { measureScaling } from './scaling.ts';
import { measureSlowLink } from './slow-link.ts';
import { measureSoak } from './soak.ts';
import { measureSoakOfTab } from './soak-tab.ts';
import { measureBlocks, measureLocalSteps } from './staying.ts';
import { measureVolunteerSize } from './volunteer-size.ts';

/** What a measurement is called, and what takes it. */
const BENCHMARKS: readonly (readonly [string, () => Promise<readonly Measurement[]>])[] = [
  ['memory.held_vectors', measureHeldVectors],
  ['ingest.vs_ws', measureIngest],
  ['codec.cpu', measureCodecCpu],
  ['optimizer.cpu', measureOptimizerCpu],
  ['loops', measureLoops],
  ['bytes', measureBytes],
  ['slow_link.speedup', measureSlowLink],
  ['scaling.efficiency', measureScaling],
  ['elastic', measureElastic],
  ['herd', measureHerd],
  ['idle', measureIdle],
  ['recovery.server_killed_s', measureServerKilled],
  ['loop.delay', measureLoopDelay],
  ['soak.bytes_per_1000_steps', measureSoak],
  ...RECOVERIES,
  ['soak.tab_bytes_per_1000_steps', measureSoakOfTab],
  ['size.volunteer_gzip_kb', measureVolunteerSize],
  ['page.longest_task_ms', measurePageThread],
  ['engine.mlp', () => measureEngines('mlp')],
  ['engine.cnn', () => measureEngines('cnn')],
  ['engine.gpt', () => measureEngines('gpt')],
  ['engine.encode', () => measureEncoding('mlp')],
  ['engine.block', () => measureBlocks('mlp')],
  ['engine.local', () => measureLocalSteps('mlp')],
  ['overhead.one_tab.mlp', () => measureOverhead('mlp')],
  ['overhead.one_tab.cnn', () => measureOverhead('cnn')],
  ['overhead.one_tab.mlp.jax', () => measureOverhead('mlp', '.jax')],
  ['overhead.one_tab.cnn.jax', () => measureOverhead('cnn', '.jax')],
];

const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } });
console.log(`${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown kind'}, Node ${process.version}\n`);
const measured: Measurement[] = [];
for (const [name, measure] of BENCHMARKS) {
  if (values.only !== undefined && !name.startsWith(values.only)) continue;
  for (const measurement of await measure()) {
    measured.push(measurement);
    const { unit, note } = measurement;
    console.log(
      `${measurement.name.padEnd(34)} ${measurement.value.toFixed(3).padStart(9)} ${unit.padEnd(6)} ${note}`,
    );
  }
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(measured, null, 2)}\n`);
