/**
 * `npm test`: everything that must hold, on a fresh clone and with no other command before it. Installs what is missing,
 * then goes from what fails fastest to what takes longest, and stops at the first failure.
 * `--long` adds the runs that take too long for every day; `--only NAME` runs one step.
 */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireChromium } from './chromium.mjs';
import { installDependencies } from './install.mjs';
import { run } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const long = process.argv.includes('--long');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;

/** Name, and the command that proves it. */
const STEPS = [
  ['lint', 'biome', 'check', '.'],
  ['types', 'tsc', '-b'],
  ['dead code', 'knip'],
  ['rules', 'node', 'scripts/check-spec.mjs'],
  ['unit', 'vitest', 'run'],
  ['build', 'vite', 'build', '--logLevel', 'warn'],
  ['build alone', 'vite', 'build', '--config', 'e2e/vite.config.ts', '--logLevel', 'warn'],
  ['device', 'vitest', 'run', '--config', 'packages/compute/vitest.browser.config.ts'],
  ['end to end', 'playwright', 'test', '--config', 'e2e/playwright.config.ts'],
];

function main() {
  installDependencies(root);
  const environment = { ...process.env, CHROMIUM_PATH: requireChromium(), MANYHANDS_LONG: long ? '1' : '' };
  const results = [];
  for (const [name, command, ...words] of STEPS) {
    if (only !== undefined && only !== name) continue;
    console.log(`\n— ${name} —`);
    const startedAt = performance.now();
    const passed = run(root, command, words, environment);
    results.push({ name, passed, seconds: (performance.now() - startedAt) / 1_000 });
    if (!passed) break;
  }
  report(results);
}

function report(results) {
  console.log('');
  for (const { name, passed, seconds } of results) {
    console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1)} s`);
  }
  const failed = results.filter(({ passed }) => !passed).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
