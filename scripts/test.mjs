/**
 * `npm test`: everything that must hold, on a fresh clone and with no other command before it. Installs what is missing,
 * then goes from what fails fastest to what takes longest, and stops at the first failure. The two last wait for much of their time,
 * for a shader, a process or a heartbeat, and so they run side by side; the words of one are printed when the other has spoken.
 * `--long` adds the runs that take too long for every day; `--only NAME` runs one step.
 */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireChromium } from './chromium.mjs';
import { installDependencies } from './install.mjs';
import { runSideBySide } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const long = process.argv.includes('--long');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;

/** What runs at a time: names, and the commands that prove them. */
const STAGES = [
  [['lint', 'biome', 'check', '.']],
  [['types', 'tsc', '-b']],
  [['dead code', 'knip']],
  [['rules', 'node', 'scripts/check-spec.mjs']],
  [['unit', 'vitest', 'run']],
  [['build', 'vite', 'build', '--logLevel', 'warn']],
  [['build alone', 'vite', 'build', '--config', 'e2e/vite.config.ts', '--logLevel', 'warn']],
  [
    ['end to end', 'playwright', 'test', '--config', 'e2e/playwright.config.ts'],
    ['device', 'vitest', 'run', '--config', 'packages/compute/vitest.browser.config.ts'],
  ],
];

async function main() {
  installDependencies(root);
  const environment = { ...process.env, CHROMIUM_PATH: requireChromium(), MANYHANDS_LONG: long ? '1' : '' };
  const results = [];
  for (const stage of STAGES) {
    const steps = stage.filter(([name]) => only === undefined || only === name);
    const ended = await runSideBySide(root, steps, environment);
    results.push(...ended);
    if (!ended.every(({ passed }) => passed)) break;
  }
  report(results);
}

/** How long the end of a step's words is, where test runners name what failed. */
const LAST_LINES = 30;

/** The verdict of each step; last, once more, how those ended that failed: whoever reads only the end of a log must see what to mend. */
function report(results) {
  console.log('');
  for (const { name, passed, seconds } of results) {
    console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1)} s`);
  }
  const failed = results.filter(({ passed }) => !passed);
  console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
  for (const { name, said } of failed) {
    const last = said.trimEnd().split('\n').slice(-LAST_LINES);
    console.log(`\n— how ${name} ended —\n${last.join('\n')}`);
  }
  process.exitCode = failed.length === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
