/** A real server in a process of its own, so that its CPU time can be told from that of whoever loads it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningServer, startServer } from '@manyhands/server';
import { type SyntheticShape, syntheticJob } from './synthetic-job.ts';

export interface ServerProcess {
  readonly url: string;
  readonly job: string;
  /** CPU seconds of the whole process, all its threads. */
  cpuSeconds(): Promise<number>;
  /** Resident bytes of the whole process, its garbage collected first. */
  residentBytes(): Promise<number>;
  close(): Promise<void>;
}

type Question = { readonly start: SyntheticShape; readonly dataDir: string } | 'cpu' | 'memory' | 'close';
type Answer =
  | { readonly url: string; readonly job: string }
  | { readonly cpuSeconds: number }
  | { readonly residentBytes: number };

/** With a `core`, the process may use that processor and no other, where the system knows how to say so. */
export async function startServerProcess(shape: SyntheticShape, core?: number): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-bench-'));
  const child = spawnOn(core, [...process.execArgv, '--expose-gc', fileURLToPath(import.meta.url), 'serve']);
  const started = await ask(child, { start: shape, dataDir });
  if (!('url' in started)) throw new Error('The server did not start.');
  return {
    ...started,
    async cpuSeconds() {
      const answer = await ask(child, 'cpu');
      return 'cpuSeconds' in answer ? answer.cpuSeconds : Number.NaN;
    },
    async residentBytes() {
      const answer = await ask(child, 'memory');
      return 'residentBytes' in answer ? answer.residentBytes : Number.NaN;
    },
    async close() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.send('close');
      await exited;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Starts this program again with other words; its messages come over a channel. */
export function spawnOn(core: number | undefined, words: readonly string[]): ChildProcess {
  const pinned = core !== undefined && process.platform === 'linux';
  const command = pinned ? ['taskset', '-c', String(core), process.execPath] : [process.execPath];
  const [program, ...rest] = [...command, ...words];
  return spawn(program!, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function ask(child: ChildProcess, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as Answer));
    child.once('exit', (code) => reject(new Error(`The server process ended with code ${code}.`)));
    child.send(question);
  });
}

function serve(): void {
  let server: RunningServer | undefined;
  process.on('message', async (question: Question) => {
    if (question === 'cpu') {
      const { user, system } = process.cpuUsage();
      process.send!({ cpuSeconds: (user + system) / 1e6 } satisfies Answer);
    } else if (question === 'memory') {
      globalThis.gc?.();
      process.send!({ residentBytes: process.memoryUsage.rss() } satisfies Answer);
    } else if (question === 'close') {
      await server?.close();
      process.exit(0);
    } else {
      const { start, dataDir } = question;
      server = await startServer({
        port: 0,
        host: '127.0.0.1',
        dataDir,
        webDir: dataDir,
        fresh: true,
        job: syntheticJob(start),
      });
      process.send!({ url: server.url, job: server.jobId! } satisfies Answer);
    }
  });
}

if (process.argv[2] === 'serve') serve();
