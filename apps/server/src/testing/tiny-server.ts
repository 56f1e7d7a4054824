/** A whole server on a free port and a folder of its own, its host in this thread. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobView } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import { startHostInThread } from '../host/start-host.ts';
import type { RunningServer, ServerOptions } from '../options.ts';
import { startServer } from '../server.ts';
import { tinyJob } from './tiny-job.ts';

export interface TinyServer extends RunningServer {
  view(id?: string): Promise<JobView>;
  get(path: string): Promise<Response>;
}

/** Folders that `removeFolders` removes. */
const folders: string[] = [];

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-server-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export async function startTiny(options: Partial<ServerOptions> = {}): Promise<TinyServer> {
  const dataDir = options.dataDir ?? newFolder();
  const server = await startServer(
    {
      port: 0,
      host: '127.0.0.1',
      dataDir,
      webDir: options.webDir ?? builtPages(dataDir),
      fresh: false,
      job: tinyJob(),
      ...options,
    },
    startHostInThread,
  );
  const get = (path: string) => fetch(new URL(path, server.url));
  return {
    ...server,
    get,
    view: async (id = server.jobId!) => (await (await get(ROUTES.job(id))).json()) as JobView,
  };
}

function builtPages(folder: string): string {
  const webDir = join(folder, 'web');
  mkdirSync(join(webDir, 'assets'), { recursive: true });
  writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>pages</title>');
  writeFileSync(join(webDir, 'embed.html'), '<!doctype html><title>embed</title>');
  writeFileSync(join(webDir, 'widget.js'), '(()=>{})();');
  writeFileSync(join(webDir, 'assets', 'app-abc123.js'), 'export {};');
  return webDir;
}
