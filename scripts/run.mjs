/** Runs a command of the workspace, as npm would find it, with its output as our own. */

import { spawn, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** True when the command ended well. */
export function run(root, command, words, environment = process.env) {
  const { status } = spawnSync(command, words, { ...surroundings(root, environment), stdio: 'inherit' });
  return status === 0;
}

/**
 * Runs all of these at once, each a name, a command and its words. The first is heard as it speaks; the others whole, in their order,
 * when those before them are done. Resolves, when all have ended, with who passed, in how many seconds, and what each said.
 */
export async function runSideBySide(root, steps, environment = process.env) {
  const running = steps.map(([name, command, ...words], at) => {
    const startedAt = performance.now();
    const child = spawn(command, words, {
      ...surroundings(root, environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => said.push(chunk));
      if (at === 0) stream.pipe(process.stdout, { end: false });
    }
    const ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => {
        const seconds = (performance.now() - startedAt) / 1_000;
        resolve({ name, passed: status === 0, seconds, said: Buffer.concat(said).toString() });
      });
    });
    return { name, ended };
  });
  const results = [];
  for (const [at, { name, ended }] of running.entries()) {
    console.log(`\n— ${name} —`);
    const result = await ended;
    results.push(result);
    if (at > 0) process.stdout.write(result.said);
  }
  return results;
}

function surroundings(root, environment) {
  const path = [join(root, 'node_modules', '.bin'), environment.PATH].join(delimiter);
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  return { cwd: root, env: { ...colour, ...environment, PATH: path }, shell: process.platform === 'win32' };
}
