/** The command that people type, as a process of its own. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));

test.each(['12.22.12', '18.20.8', '20.18.3'])(
  '[OT4] Node %s is told in one sentence what is needed',
  (version) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`;
    const words = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, script];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `Manyhands needs Node 20.19 or newer, and this is ${version}: install a newer one.\n`,
    });
  },
);
