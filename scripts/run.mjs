/** Runs a command of the workspace, as npm would find it, with its output as our own. */

import { spawn, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** True when the command ended well. */
export function run(root, command, words, environment = process.env) {
  const { status } = spawnSync(command, words, { ...surroundings(root, environment), stdio: 'inherit' });
  return status === 0;
}

/**
 * Runs all of these at once, each a name, a command and its words. The first speaks for itself; the others are heard, whole, in their order
 * when those before them are done. Resolves with who passed, and in how many seconds, when all have ended.
 */
export async function runSideBySide(root, steps, environment = process.env) {
  const running = steps.map(([name, command, ...words], at) => {
    const startedAt = performance.now();
    const child = spawn(command, words, {
      ...surroundings(root, environment),
      stdio: at === 0 ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(chunk));
    const ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) =>
        resolve({ name, passed: status === 0, seconds: (performance.now() - startedAt) / 1_000 }),
      );
    });
    return { name, said, ended };
  });
  const results = [];
  for (const { name, said, ended } of running) {
    console.log(`\n— ${name} —`);
    results.push(await ended);
    process.stdout.write(Buffer.concat(said));
  }
  return results;
}

function surroundings(root, environment) {
  const path = [join(root, 'node_modules', '.bin'), environment.PATH].join(delimiter);
  return { cwd: root, env: { ...environment, PATH: path }, shell: process.platform === 'win32' };
}
