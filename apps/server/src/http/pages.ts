/** The built pages. One page answers every path of the application; the framed page of the widget is the other. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { ROUTES } from '@manyhands/protocol';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { FOR_EVER, NO_CACHE } from './caching.ts';
import type { HttpOptions } from './http-options.ts';
import { ProblemError } from './problem.ts';

const PAGES = ['/', '/join/*', '/dashboard/*', '/try/*'];

export const pageRoutes: FastifyPluginAsync<HttpOptions> = async (app, { webDir }) => {
  const assets = join(webDir, 'assets');
  if (existsSync(webDir))
    await app.register(fastifyStatic, {
      root: webDir,
      index: false,
      cacheControl: false,
      schemaHide: true,
      setHeaders(reply, path) {
        // Everything under assets/ is named by its hash.
        reply.header('cache-control', path.startsWith(assets) ? FOR_EVER : NO_CACHE);
      },
    });

  const send = (page: string) => (_request: unknown, reply: FastifyReply) => {
    if (existsSync(join(webDir, page))) return reply.sendFile(page);
    throw new ProblemError(404, 'pages-missing', 'The pages are not built here: run `npm run build`.');
  };
  for (const path of PAGES) app.get(path, { schema: { hide: true } }, send('index.html'));
  app.get('/embed/*', { schema: { hide: true } }, send('embed.html'));
  app.get(ROUTES.widgetScript, { schema: { hide: true } }, send('widget.js'));
};
