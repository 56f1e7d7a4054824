/** `npm run simulate`: builds the simulator, then runs it. Flags go through, and so does its exit code; see packages/simulator/src/main.ts. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './install.mjs';
import { run } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

installDependencies(root);
if (!run(root, 'tsc', ['-b', 'packages/simulator'])) process.exit(1);
// Most of what a world makes lives for a moment: in a larger nursery a tenth of the time is saved.
const words = ['--max-semi-space-size=64', 'packages/simulator/dist/main.js', ...process.argv.slice(2)];
process.exitCode = run(root, 'node', words) ? 0 : 1;
