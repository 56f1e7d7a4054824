/** `npm run crash -- --kills 50 [--seed S] [--json]`: exits with 1 when a rule did not hold. */

import { parseArgs } from 'node:util';
import { crash } from './crash.ts';

/** A longer job would have its history thinned, and every line of it is looked at. */
const KILLS_MAX = 100;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = Number(values.kills);
if (!Number.isInteger(wanted) || wanted < 1 || wanted > KILLS_MAX) {
  console.error(`--kills is ${values.kills}: it must be a whole number from 1 to ${KILLS_MAX}.`);
  process.exit(1);
}
const report = await crash(wanted, Number(values.seed));
const { kills, seed, steps, recoveriesMs, broken } = report;
if (values.json) console.log(JSON.stringify(report));
else {
  const seconds = (ms = Number.NaN) => `${(ms / 1_000).toFixed(2)} s`;
  console.log(`${kills} kills in ${steps} steps, seed ${seed}: ${broken.length} rules broken`);
  console.log(
    `first accepted contribution after a kill: median ${seconds(recoveriesMs[recoveriesMs.length >> 1])}, longest ${seconds(recoveriesMs.at(-1))}`,
  );
  for (const sentence of broken) console.error(sentence);
}
process.exit(broken.length === 0 ? 0 : 1);
