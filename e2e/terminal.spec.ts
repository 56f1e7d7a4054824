import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `script` of util-linux gives a command a terminal. */
const { stdout: version } = spawnSync('script', ['--version'], { encoding: 'utf8' });
test.skip(
  !version?.includes('util-linux'),
  'There is no `script` of util-linux here to make a terminal with.',
);

interface Start {
  readonly terminal: boolean;
  readonly flags?: readonly string[];
  /** What the system opens addresses with; by default a program that notes what it is given. */
  readonly browser?: string;
}

/** Starts the command as a person would, ends it once it has said all, and answers that and what was opened. */
async function start({ terminal, flags = [], browser }: Start) {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-'));
  const [noting, opened] = [join(folder, 'browser'), join(folder, 'opened')];
  await writeFile(noting, `#!/bin/sh\necho "$@" >> '${opened}'\n`);
  await chmod(noting, 0o755);
  const command = [
    ...[process.execPath, join(root, 'apps/cli/dist/main.js'), '--port', '0', '--job', 'examples/iris'],
    ...['--data', join(folder, 'data'), ...flags],
  ];
  const [program, ...words] = terminal ? ['script', '-qfec', quoted(command), '/dev/null'] : command;
  const environment = { ...process.env, BROWSER: browser ?? noting };
  const child = spawn(program!, words, { cwd: root, env: environment });
  const printed = await untilSaid(child, 'goes on from here');
  // A browser is opened after the last word: what was asked for is there soon, and what was not never is.
  const wanted = terminal && browser === undefined && !flags.includes('--no-open');
  if (wanted) await expect.poll(() => existsSync(opened)).toBe(true);
  // Ctrl-C, as the terminal sends it.
  if (terminal) child.stdin!.write('\u0003');
  else child.kill('SIGINT');
  await new Promise((resolve) => child.once('close', resolve));
  const lines = existsSync(opened) ? readFileSync(opened, 'utf8').trimEnd().split('\n') : [];
  await rm(folder, { recursive: true, force: true });
  return { opened: lines, joinUrl: /\S+\/join\/\S+/.exec(printed())![0], printed: printed() };
}

/** Resolves once the command has said these words, with what tells all that it has said. */
function untilSaid(child: ChildProcess, words: string): Promise<() => string> {
  let said = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk) => {
        said += chunk;
        if (said.includes(words)) resolve(() => said);
      });
    }
    child.once('exit', (code) => reject(new Error(`It ended with ${code} and said: ${said}`)));
  });
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ');
}

test('[OT7] in a terminal the browser is opened once, with the join link', async () => {
  const { opened, joinUrl } = await start({ terminal: true });
  expect(opened).toEqual([joinUrl]);
});

test('[OT8] without a terminal, and where it is not wanted, no browser is opened', async () => {
  expect((await start({ terminal: false })).opened).toEqual([]);
  expect((await start({ terminal: true, flags: ['--no-open'] })).opened).toEqual([]);
});

test('[OT9] where no browser can be opened, nothing is said about it', async () => {
  const { opened, printed } = await start({ terminal: true, browser: '/nowhere/browser' });
  expect(opened).toEqual([]);
  expect(printed).not.toMatch(/error|nowhere/i);
});
