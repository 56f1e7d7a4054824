/**
 * What the admin may order: pause, resume, stop. Wrong tokens are counted for each address; the right one is taken whatever the
 * count, for who shares an address with the admin must not be able to keep them from stopping a job. What keeps guessing
 * hopeless is the length of the token.
 */

import { ProblemSchema } from '@manyhands/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sameToken } from '../admin-token.ts';
import { hasEnded } from '../job-view.ts';
import type { HttpOptions } from './http-options.ts';
import { JobParamsSchema } from './jobs.ts';
import { jobUnknown, ProblemError, tooManyRequests } from './problem.ts';

const EVENT = { pause: 'pause-asked', resume: 'resume-asked', stop: 'stop-asked' } as const;

export const commandRoutes: FastifyPluginAsyncZod<HttpOptions> = async (app, options) => {
  const wrongTokens = app.createRateLimit({
    max: options.limits.wrongTokensPerMinuteMax,
    timeWindow: '1 minute',
  });

  app.post(
    '/api/jobs/:id/:command',
    {
      schema: {
        summary: 'Orders a job to pause, resume or stop; answers before it is done',
        security: [{ adminToken: [] }],
        params: JobParamsSchema.extend({ command: z.enum(['pause', 'resume', 'stop']) }),
        response: {
          204: z.null(),
          401: ProblemSchema,
          404: ProblemSchema,
          409: ProblemSchema,
          429: ProblemSchema,
        },
      },
    },
    async (request, reply) => {
      const { id, command } = request.params;
      const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (!sameToken(given, options.adminToken)) {
        const counted = await wrongTokens(request);
        if (!counted.isAllowed && counted.isExceeded) {
          reply.header('retry-after', counted.ttlInSeconds);
          throw tooManyRequests(`${counted.ttlInSeconds} seconds`);
        }
        throw new ProblemError(
          401,
          'token-wrong',
          'The admin token is wrong: copy the dashboard link that the server printed.',
        );
      }
      const status = options.catalog.live(id)?.job.status;
      if (status === undefined) throw jobUnknown(id);
      if (hasEnded(status)) {
        throw new ProblemError(409, 'job-over', `${id} is ${status}: nothing can be ordered of it any more.`);
      }
      if (!options.catalog.isHosted(id)) {
        throw new ProblemError(409, 'not-trained', `${id} is not trained by this server: it is only served.`);
      }
      options.command({ type: EVENT[command] });
      return reply.code(204).send(null);
    },
  );
};
