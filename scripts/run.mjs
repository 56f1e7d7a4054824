/** Runs a command of the workspace, as npm would find it, with its output as our own. */

import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** True when the command ended well. */
export function run(root, command, words, environment = process.env) {
  const path = [join(root, 'node_modules', '.bin'), environment.PATH].join(delimiter);
  const { status } = spawnSync(command, words, {
    cwd: root,
    stdio: 'inherit',
    env: { ...environment, PATH: path },
    shell: process.platform === 'win32',
  });
  return status === 0;
}
