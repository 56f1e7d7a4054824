/** A server as people start it: the built command in a process of its own, on a free port, with a data folder of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type JobView,
  ROUTES,
  SOCKET_PATH,
  type ToBrowser,
  type ToServer,
  type VolunteerRow,
} from '@manyhands/protocol';
import { io, type Socket } from 'socket.io-client';

export interface RunningServer {
  readonly origin: string;
  readonly job: string;
  readonly joinUrl: string;
  readonly dashboardUrl: string;
  readonly dataDir: string;
  /** The job as the server reports it now. */
  view(): Promise<JobView>;
  /** Who is connected, as an admin sees them. */
  rows(): Promise<readonly VolunteerRow[]>;
  /** Resolves once `holds` is true of the job; rejects with what it last was when `timeoutMs` has passed. */
  until(
    what: string,
    holds: (job: JobView) => boolean,
    timeoutMs?: number,
    /** How often it looks; a benchmark must not disturb what it measures. */
    pollMs?: number,
  ): Promise<JobView>;
  /** Ends the process: politely, or as a power cut would. The data folder stays. Resolves with the exit code. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Ends the process and removes its folder. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Path of the job, from the root of the repository. */
  readonly job: string;
  readonly flags?: readonly string[];
  readonly dataDir?: string;
  /** A free one where none is named. */
  readonly port?: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const command = join(root, 'apps/cli/dist/main.js');

/** Flags of a job that goes on for longer than any test: on a quick machine an example would be at its end before the test is. */
export const OUTLASTING = ['--steps', '100000'] as const;

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'manyhands-')));
  const words = [
    '--port',
    `${options.port ?? 0}`,
    '--no-open',
    '--data',
    dataDir,
    '--job',
    join(root, options.job),
  ];
  const child = spawn(process.execPath, [command, ...words, ...(options.flags ?? [])], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { joinUrl, dashboardUrl } = await printedLinks(child);
  const { origin, pathname } = new URL(joinUrl);
  const job = decodeURIComponent(pathname.split('/').at(-1)!);
  const view = async () => (await (await fetch(new URL(ROUTES.job(job), origin))).json()) as JobView;

  async function end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  return {
    origin,
    job,
    joinUrl,
    dashboardUrl,
    dataDir,
    view,
    rows: () => rows(job, dashboardUrl),
    until: (what, holds, timeoutMs = 180_000, pollMs = 100) => until(what, holds, view, timeoutMs, pollMs),
    end,
    async close() {
      await end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Reads what the command prints until both links are there. */
function printedLinks(child: ChildProcess): Promise<{ joinUrl: string; dashboardUrl: string }> {
  let printed = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const joinUrl = /https?:\/\/\S+\/join\/\S+/.exec(printed)?.[0];
      const dashboardUrl = /https?:\/\/\S+\/dashboard\/\S+/.exec(printed)?.[0];
      if (joinUrl !== undefined && dashboardUrl !== undefined) resolve({ joinUrl, dashboardUrl });
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.once('exit', (code) =>
      reject(new Error(`The server ended with code ${code} and said: ${printed}`)),
    );
  });
}

async function rows(job: string, dashboardUrl: string): Promise<readonly VolunteerRow[]> {
  const { origin, hash } = new URL(dashboardUrl);
  const token = new URLSearchParams(hash.slice(1)).get('token')!;
  const socket: Socket<ToBrowser, ToServer> = io(origin, { path: SOCKET_PATH, transports: ['websocket'] });
  try {
    return await new Promise((resolve) => {
      socket.once('volunteers', resolve);
      socket.emit('watch', { job, token }, () => {});
    });
  } finally {
    socket.disconnect();
  }
}

async function until(
  what: string,
  holds: (job: JobView) => boolean,
  view: () => Promise<JobView>,
  timeoutMs: number,
  pollMs: number,
): Promise<JobView> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const job = await view();
    if (holds(job)) return job;
    if (performance.now() > giveUpAt)
      throw new Error(`Waited for ${what}, but the job is ${JSON.stringify(job)}.`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
