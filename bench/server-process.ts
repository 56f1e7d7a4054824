/** A real server in a process of its own, so that its CPU time can be told from that of whoever loads it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningServer, startServer } from '@manyhands/server';
import { Companion } from './companion.ts';
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

type Question = { readonly start: SyntheticShape; readonly dataDir: string } | 'cpu' | 'memory';
type Answer =
  | { readonly url: string; readonly job: string }
  | { readonly cpuSeconds: number }
  | { readonly residentBytes: number };

/** With a `core`, the process may use that processor and no other, where the system knows how to say so. */
export async function startServerProcess(shape: SyntheticShape, core?: number): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-bench-'));
  const own = fileURLToPath(import.meta.url);
  const child = new Companion<Answer>('The server process', own, ['serve'], {
    flags: ['--expose-gc'],
    core,
  });
  const ask = (question: Question) => child.ask(question);
  const started = await ask({ start: shape, dataDir });
  if (!('url' in started)) throw new Error('The server did not start.');
  return {
    ...started,
    async cpuSeconds() {
      const answer = await ask('cpu');
      return 'cpuSeconds' in answer ? answer.cpuSeconds : Number.NaN;
    },
    async residentBytes() {
      const answer = await ask('memory');
      return 'residentBytes' in answer ? answer.residentBytes : Number.NaN;
    },
    async close() {
      await child.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function serve(): void {
  let server: RunningServer | undefined;
  process.on('disconnect', async () => {
    await server?.close();
    process.exit(0);
  });
  process.on('message', async (question: Question) => {
    if (question === 'cpu') {
      const { user, system } = process.cpuUsage();
      process.send!({ cpuSeconds: (user + system) / 1e6 } satisfies Answer);
    } else if (question === 'memory') {
      globalThis.gc?.();
      process.send!({ residentBytes: process.memoryUsage.rss() } satisfies Answer);
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
