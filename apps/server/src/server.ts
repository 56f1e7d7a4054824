/** The composition root: makes every part, tells them of one another, and opens the door last. */

import { LIMITS, PROTOCOL_VERSION, ROUTES } from '@manyhands/protocol';
import { isForThisMachine, type Listening, localUrl, reachableUrls } from './address.ts';
import { adminTokenOf } from './admin-token.ts';
import { Catalog } from './catalog.ts';
import { contributionForm } from './gateway/contribution.ts';
import { Gateway, type GatewayLimits } from './gateway/gateway.ts';
import { closeIo, createIo, openLines } from './gateway/io.ts';
import { HostLine } from './host/host-line.ts';
import { type StartHost, startHostInWorker } from './host/start-host.ts';
import { createHttp } from './http/app.ts';
import type { HttpLimits } from './http/http-options.ts';
import { checkPort, listen } from './listening.ts';
import { hostLog } from './log.ts';
import { Metrics } from './metrics.ts';
import type { RunningServer, ServerOptions } from './options.ts';
import { type OpenedFolder, openFolder } from './run.ts';
import { Traffic } from './traffic.ts';
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
  const limits: GatewayLimits & HttpLimits = { ...LIMITS, ...options.limits };
  const trust = trustIn(options.trustedProxies ?? []);
  const adminToken = options.adminToken ?? adminTokenOf(dataDir);
  const protocol = tls === undefined ? 'http' : 'https';
  let port = options.port;
  const listening = (): Listening => ({ protocol, host, port, publicUrl });
  let stopping = false;

  const traffic = new Traffic();
  const metrics = new Metrics(traffic);
  const catalog = new Catalog(store, current, traffic);
  const outcome = catalog.current?.status === 'stopped' ? 'stopped' : 'finished';
  const line = new HostLine(start && (() => startHost(start, dataDir)), { outcome });
  const http = await createHttp({
    ...{ catalog, metrics, traffic, adminToken, webDir, tls, trust, limits },
    isReady: () => line.isReady && !stopping,
    command: (event) => line.send({ type: 'event', event }),
    serverInfo: () => ({
      version: SERVER_VERSION,
      protocol: PROTOCOL_VERSION,
      job: catalog.currentId ?? null,
      reachableUrls: reachableUrls(listening()),
      forThisMachine: isForThisMachine(listening()),
    }),
  });
  const lines = openLines(http.server);
  const io = createIo(http.server, limits);
  const gateway = new Gateway({
    ...{ io, catalog, metrics, traffic, adminToken, trust },
    limits,
    form: contributionForm(options.job?.job),
    send: (message, transfer) => line.send(message, transfer),
  });
  line.connect([catalog, metrics, gateway, hostLog(options.log)]);
  port = await listen(http, host, port).catch(async (error) => {
    await line.close();
    throw error;
  });

  const url = localUrl(protocol, host, port);
  const page = (path: string) => new URL(path, publicUrl ?? url).href;
  const jobId = current?.run.id;
  return {
    ...{ url, adminToken, jobId, finished: line.outcome },
    joinUrl: jobId && page(ROUTES.joinPage(jobId)),
    job: () => catalog.current,
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
