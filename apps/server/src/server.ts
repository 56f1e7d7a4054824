/** The composition root: makes every part, tells them of one another, and opens the door last. */

import { shapeOf } from '@manyhands/core';
import { PROTOCOL_VERSION, ROUTES } from '@manyhands/protocol';
import { localUrl, reachableUrls } from './address.ts';
import { adminTokenOf } from './admin-token.ts';
import { Catalog } from './catalog.ts';
import { GATEWAY_LIMITS, Gateway } from './gateway/gateway.ts';
import { closeIo, createIo, openLines } from './gateway/io.ts';
import { HostLine } from './host/host-line.ts';
import { type StartHost, startHostInWorker } from './host/start-host.ts';
import { createHttp } from './http/app.ts';
import { checkPort, listen } from './listening.ts';
import { hostLog } from './log.ts';
import { Metrics } from './metrics.ts';
import type { RunningServer, ServerOptions } from './options.ts';
import { type OpenedFolder, openFolder } from './run.ts';
import { trustIn } from './trusted-proxies.ts';
import { SERVER_VERSION } from './version.ts';

/** Starts a server. Rejects with a StartError whose message is one sentence for a person. */
export async function startServer(
  options: ServerOptions,
  startHost: StartHost = startHostInWorker,
): Promise<RunningServer> {
  await checkPort(options.host, options.port);
  const folder = openFolder(options);
  try {
    return await compose(options, folder, startHost);
  } catch (error) {
    folder.close();
    throw error;
  }
}

async function compose(
  options: ServerOptions,
  { store, current, start, close: closeFolder }: OpenedFolder,
  startHost: StartHost,
): Promise<RunningServer> {
  const { dataDir, webDir, tls, publicUrl, host } = options;
  const trust = trustIn(options.trustedProxies ?? []);
  const adminToken = options.adminToken ?? adminTokenOf(dataDir);
  const scheme = tls === undefined ? 'http' : 'https';
  let port = options.port;
  let stopping = false;

  const metrics = new Metrics();
  const catalog = new Catalog(store, current);
  const line = new HostLine(start && (() => startHost(start, dataDir)));
  const http = await createHttp({
    ...{ catalog, metrics, adminToken, webDir, tls, trust },
    isReady: () => line.isReady && !stopping,
    command: (event) => line.send({ type: 'event', event }),
    serverInfo: () => ({
      version: SERVER_VERSION,
      protocol: PROTOCOL_VERSION,
      job: catalog.currentId ?? null,
      reachableUrls: reachableUrls(scheme, host, port, publicUrl),
    }),
  });
  const limits = { ...GATEWAY_LIMITS, ...options.limits };
  const lines = openLines(http.server);
  const io = createIo(http.server, limits);
  const gateway = new Gateway({
    ...{ io, catalog, metrics, adminToken, trust },
    limits,
    shape: options.job === undefined ? { params: 0, state: 0 } : shapeOf(options.job.job),
    send: (message, transfer) => line.send(message, transfer),
  });
  line.connect([catalog, metrics, gateway, hostLog(options.log)]);
  port = await listen(http, host, port).catch(async (error) => {
    await line.close();
    throw error;
  });

  const url = localUrl(scheme, host, port);
  const page = (path: string) => new URL(path, publicUrl ?? url).href;
  const jobId = current?.run.id;
  return {
    ...{ url, adminToken, jobId, finished: line.outcome },
    joinUrl: jobId && page(ROUTES.joinPage(jobId)),
    dashboardUrl: jobId && `${page(ROUTES.dashboardPage(jobId))}#token=${adminToken}`,
    async close() {
      stopping = true;
      await line.drain();
      gateway.stop();
      await line.close();
      await closeIo(io, lines);
      await http.close();
      metrics.close();
      closeFolder();
    },
  };
}
