/** `npm start`: loads a job, starts a server for it, says where it is, and ends both when asked to. */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningServer, StartError, startServer } from '@manyhands/server';
import { JobError, loadJob } from 'manyhands';
import open from 'open';
import { HELP, readOptions, type StartOptions } from './options.ts';
import { farewell, welcome } from './words.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** A close that takes longer is not waited for. */
const CLOSE_MAX_MS = 10_000;

/** Two signals within this time are one wish. */
const ASKED_AGAIN_MS = 1_000;

async function main(words: readonly string[]): Promise<void> {
  const options = readOptions(words, { job: join(root, 'examples/mnist/cnn'), dataDir: join(root, '.data') });
  switch (options.ask) {
    case 'help':
      return print(HELP);
    case 'version':
      return print(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`);
    case 'nothing':
      return fail(options.sentence);
    case 'start':
      return start(options.start);
  }
}

async function start(options: StartOptions): Promise<void> {
  print('Preparing the job …\n');
  const job = await loadJob(options.job, options.steps === undefined ? {} : { steps: options.steps });
  const server = await startServer({
    port: options.port,
    host: options.host,
    dataDir: resolve(options.dataDir),
    webDir: join(root, 'dist/web'),
    job,
    fresh: options.fresh,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    trustedProxies: options.trustedProxies,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    log: { info: () => {}, warn: complain, error: complain },
  });
  endWith(server);
  print(welcome(server));
  const trains = server.job()?.hosted;
  server.finished.then(({ outcome }) => print(trains && outcome !== 'failed' ? farewell(server) : ''));
  // Opening is a courtesy: a machine without a browser is no reason to stop.
  // Not the dashboard: its link holds the token, and whoever lists processes can read what a browser was opened with.
  if (options.open && process.stdout.isTTY) await open(server.joinUrl ?? server.url).catch(() => {});
}

/** Ctrl-C and SIGTERM write a last checkpoint first; who asks again does not wait for it. */
function endWith(server: RunningServer): void {
  let askedAtMs: number | undefined;
  const end = async () => {
    // One Ctrl-C arrives twice under npm: from the terminal, and passed on.
    if (askedAtMs !== undefined) {
      if (performance.now() - askedAtMs > ASKED_AGAIN_MS) process.exit(1);
      return;
    }
    askedAtMs = performance.now();
    setTimeout(() => process.exit(1), CLOSE_MAX_MS).unref();
    await server.close();
    process.exit(0);
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

function print(text: string): void {
  process.stdout.write(text);
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function fail(sentence: string): void {
  complain(sentence);
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // A person's mistake has a sentence; a programmer's has a stack.
  if (error instanceof JobError || error instanceof StartError) return fail(error.message);
  return fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
});
