/** `npm run bench`: builds what the benchmarks run, then takes them. Flags go through; see bench/main.ts. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './install.mjs';
import { run } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function step(command, ...words) {
  if (!run(root, command, words)) process.exit(1);
}

installDependencies(root);
step('tsc', '-b');
step('vite', 'build', '--logLevel', 'warn');
step('vite', 'build', '--config', 'e2e/vite.config.ts', '--logLevel', 'warn');
step('vite', 'build', '--config', 'bench/vite.config.ts', '--logLevel', 'warn');
step('node', '--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2));
