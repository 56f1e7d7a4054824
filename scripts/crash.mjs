/** `npm run crash`: builds what it kills, then kills it. Flags go through; see e2e/crash/main.ts. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './install.mjs';
import { run } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

installDependencies(root);
const crash = ['--conditions=source', '--import', 'tsx', 'e2e/crash/main.ts', ...process.argv.slice(2)];
if (!run(root, 'tsc', ['-b']) || !run(root, 'node', crash)) process.exit(1);
