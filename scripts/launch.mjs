/** Installs what is missing, builds what is out of date, and starts the command. */

import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isBuilt, markBuilt } from './built.mjs';
import { installDependencies } from './install.mjs';
import { run } from './run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function step(sentence, command, ...words) {
  console.log(sentence);
  if (run(root, command, words)) return;
  console.error('The build failed: see what is said above.');
  process.exit(1);
}

try {
  installDependencies(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
if (!isBuilt(root)) {
  step('Building the server …', 'tsc', '-b', 'apps/cli');
  step('Building the pages …', 'vite', 'build', '--logLevel', 'error');
  markBuilt(root);
}

// Told to end, npm ends the shell between itself and us, and the shell tells nobody: who is orphaned ends too.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 500);
watch.unref();

// Paths in flags start where the command was typed, which npm leaves for the root of the repository.
process.chdir(process.env.INIT_CWD ?? process.cwd());
await import(pathToFileURL(join(root, 'apps/cli/dist/main.js')).href);
