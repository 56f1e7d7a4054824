/** What machines ask: is the process alive, is it ready, how is it doing. */

import type { FastifyPluginAsync } from 'fastify';
import type { HttpOptions } from './http-options.ts';

/** Whoever watches over the process must hear of it however much else is asked. */
const UNBOUNDED = { schema: { hide: true }, config: { rateLimit: false } } as const;

export const healthRoutes: FastifyPluginAsync<HttpOptions> = async (app, { metrics, isReady }) => {
  app.get('/healthz', UNBOUNDED, async () => ({ alive: true }));

  app.get('/readyz', UNBOUNDED, async (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ ready });
  });

  app.get('/metrics', UNBOUNDED, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
};
