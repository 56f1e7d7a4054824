/**
 * `npm run hunt -- --minutes 10`: runs every test file that has properties again and again, each time with other examples, and stops at the
 * first that fails. `MANYHANDS_SEED=… npx vitest run FILE` then repeats it.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installDependencies } from './install.mjs';
import { run } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });

/** Not those that need a browser. */
function propertyFiles() {
  return ['packages', 'apps', 'e2e'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
      .filter((file) => !file.endsWith('.browser.test.ts'))
      .map((file) => join(root, folder, file))
      .filter((file) => readFileSync(file, 'utf8').includes(`from 'fast-check'`)),
  );
}

installDependencies(root);
const files = propertyFiles();
const until = Date.now() + Number(values.minutes) * 60_000;
let rounds = 0;
do {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const environment = { ...process.env, MANYHANDS_SEED: String(seed) };
  if (!run(root, 'vitest', ['run', '--reporter', 'dot', ...files], environment)) {
    console.error(`Seed ${seed} has an example that breaks a rule.`);
    process.exit(1);
  }
  rounds++;
} while (Date.now() < until);
console.log(`${rounds} rounds of ${files.length} files: no example breaks a rule.`);
