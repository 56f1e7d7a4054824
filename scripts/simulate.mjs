/** `npm run simulate`: builds the simulator, then runs it. Flags go through, and so does its exit code; see packages/simulator/src/main.ts. */

import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installDependencies } from './install.mjs';
import { run } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

installDependencies(root);
if (!run(root, 'tsc', ['-b', 'packages/simulator'])) process.exit(1);
await import(pathToFileURL(join(root, 'packages/simulator/dist/main.js')).href);
