/**
 * Headers that browsers obey. Our pages run only what they brought along; nobody may frame them, except the widget's page,
 * which is made for it. Reading is public: any page may fetch what a GET answers.
 */

import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { ROUTES } from '@manyhands/protocol';
import type { FastifyInstance } from 'fastify';

export async function secure(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        // TF.js compiles WebAssembly where there is no GPU; no script text is ever evaluated.
        'script-src': ["'self'", "'wasm-unsafe-eval'"],
        'worker-src': ["'self'", 'blob:'],
        'connect-src': ["'self'", 'ws:', 'wss:'],
        'img-src': ["'self'", 'data:', 'blob:'],
        'style-src': ["'self'"],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': [(request) => (isEmbed(request.url) ? '*' : "'none'")],
      },
    },
    // frame-ancestors says it better: this one could not let the widget through.
    frameguard: false,
    // It would hold for every port of the host name, and `localhost` has others: who owns the name decides that.
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (isPublic(request.url)) reply.header('cross-origin-resource-policy', 'cross-origin');
  });
  await app.register(cors, {
    delegator: (request, answer) =>
      answer(null, { origin: isPublic(request.url ?? '') && '*', methods: ['GET'] }),
  });
  await app.register(rateLimit, { global: false });
}

function isEmbed(url: string | undefined): boolean {
  return url?.startsWith('/embed/') ?? false;
}

function isPublic(url: string): boolean {
  return url.startsWith('/api/') || url === ROUTES.widgetScript || isEmbed(url);
}
