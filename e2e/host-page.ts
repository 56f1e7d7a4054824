/** A page of another origin that embeds the widget under the strictest policy that it promises to work under. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunningServer } from './running-server.ts';
import type { ServedFolder } from './served-folder.ts';

export async function serveHostPage({ origin, job }: RunningServer): Promise<ServedFolder> {
  const host = createServer((_request, response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${origin}; frame-src ${origin}`,
    });
    response.end(`<!doctype html><html lang="en"><title>A page of somebody else</title>
      <h1>Somebody else’s page</h1>
      <script src="${origin}/widget.js"></script>
      <manyhands-widget job="${job}"></manyhands-widget></html>`);
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const { port } = host.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        host.closeAllConnections();
        host.close(() => resolve());
      }),
  };
}
