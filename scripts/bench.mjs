/** `npm run bench`: builds what the benchmarks run, then takes them. Flags go through; see bench/main.ts. */

import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(command, ...words) {
  const { status } = spawnSync(command, words, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

installDependencies(root);
run('npx', '--no-install', 'tsc', '-b');
run('npx', '--no-install', 'vite', 'build', '--logLevel', 'warn');
run('npx', '--no-install', 'vite', 'build', '--config', 'e2e/vite.config.ts', '--logLevel', 'warn');
run('node', '--import', 'jiti/register', 'bench/main.ts', ...process.argv.slice(2));
