/**
 * Headers that browsers obey. Our pages run only what they brought along; nobody may frame them, except the widget's page,
 * which is made for it. Reading is public: any page may fetch what a GET answers, up to a ceiling for each address that is wide
 * enough for a classroom.
 */

import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { ROUTES } from '@manyhands/protocol';
import type { FastifyInstance } from 'fastify';
import type { HttpLimits } from './http-options.ts';
import { tooManyRequests } from './problem.ts';

export async function secure(app: FastifyInstance, { requestsPerMinuteMax }: HttpLimits): Promise<void> {
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
  await app.register(rateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: '1 minute',
    // How much is left is nobody's business, and no part of what is cached for ever.
    addHeadersOnExceeding: HIDDEN,
    errorResponseBuilder: (_request, { after }) => tooManyRequests(after),
  });
}

const HIDDEN = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };

function isEmbed(url: string | undefined): boolean {
  return url?.startsWith('/embed/') ?? false;
}

function isPublic(url: string): boolean {
  return url.startsWith('/api/') || url === ROUTES.widgetScript || isEmbed(url);
}
