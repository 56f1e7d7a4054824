/** A server in a process of its own, made to be killed. Its parent tells it what to train and where to keep it. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type HostedJob, startServer } from '@manyhands/server';

export interface KilledServer {
  /** Resolves when it listens; rejects when it ended before. */
  readonly listening: Promise<{ readonly url: string; readonly job: string }>;
  /** SIGKILL: no signal handler, no last word. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, as a supervisor stops it. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

interface Orders {
  readonly job: HostedJob;
  readonly dataDir: string;
  readonly port: number;
}

export function startKilledServer(orders: Orders): KilledServer {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], {
    execArgv: ['--import', 'tsx'],
    // Vectors are sent as they are.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.send(orders);
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal);
    return (await exited)[0];
  };
  const listening = answerOf(child, exited);
  // Whoever kills it while it starts does not ask.
  listening.catch(() => {});
  return { listening, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}

async function answerOf(child: ChildProcess, exited: Promise<unknown>) {
  const ended = exited.then(() => Promise.reject(new Error('The server ended before it listened.')));
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [{ url: string; job: string }];
  return answer;
}

function serve(): void {
  process.once('message', async ({ job, dataDir, port }: Orders) => {
    const server = await startServer({
      ...{ port, host: '127.0.0.1', dataDir, webDir: dataDir, fresh: false, job },
      log: { info: () => {}, warn: console.error, error: console.error },
    });
    process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
    process.send!({ url: server.url, job: server.jobId! });
  });
}

if (process.argv[2] === 'serve') serve();
