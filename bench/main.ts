/**
 * `npm run bench`: every figure that the docs quote, each a ratio taken in one run on this machine.
 *
 *     npm run bench -- --only scaling     the figures whose name begins so
 *     npm run bench -- --json FILE        also writes [{ name, value, unit, higherIsBetter, note }]
 */

import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureElastic } from './elastic.ts';
import { measureHeldVectors } from './held-vectors.ts';
import { measureHerd, measureIdle } from './herd.ts';
import { measureIngest } from './ingest.ts';
import { measureLoopDelay } from './loop-delay.ts';
import type { Measurement } from './measurement.ts';
import { measureOverhead } from './overhead.ts';
import { measureServerKilled } from './recovery-server.ts';
import { measureKilledTab, measureLostDevice } from './recovery-tab.ts';
import { measureScaling } from './scaling.ts';
import { measureSoak } from './soak.ts';
import { measureSoakOfTab } from './soak-tab.ts';

/** What a measurement is called, and what takes it. */
const BENCHMARKS: readonly (readonly [string, () => Promise<readonly Measurement[]>])[] = [
  ['memory.held_vectors', measureHeldVectors],
  ['ingest.vs_ws', measureIngest],
  ['scaling.efficiency', measureScaling],
  ['elastic', measureElastic],
  ['herd', measureHerd],
  ['idle', measureIdle],
  ['recovery.server_killed_s', measureServerKilled],
  ['loop.delay', measureLoopDelay],
  ['soak', measureSoak],
  ['recovery.tab_killed_s', measureKilledTab],
  ['recovery.device_lost_s', measureLostDevice],
  ['soak.tab', measureSoakOfTab],
  ['overhead.one_tab.mlp', () => measureOverhead('mlp')],
  ['overhead.one_tab.cnn', () => measureOverhead('cnn')],
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
