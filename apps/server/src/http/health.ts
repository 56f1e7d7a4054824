/** What machines ask: is the process alive, is it ready, how is it doing. */

import type { FastifyPluginAsync } from 'fastify';
import type { HttpOptions } from './http-options.ts';

export const healthRoutes: FastifyPluginAsync<HttpOptions> = async (app, { metrics, isReady }) => {
  app.get('/healthz', { schema: { hide: true } }, async () => ({ alive: true }));

  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ ready });
  });

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
};
