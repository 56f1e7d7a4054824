/** What the admin may order: pause, resume, stop. */

import { ProblemSchema } from '@manyhands/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sameToken } from '../admin-token.ts';
import type { HttpOptions } from './http-options.ts';
import { JobParamsSchema } from './jobs.ts';
import { jobUnknown, ProblemError } from './problem.ts';

const EVENT = { pause: 'pause-asked', resume: 'resume-asked', stop: 'stop-asked' } as const;

export const commandRoutes: FastifyPluginAsyncZod<HttpOptions> = async (app, options) => {
  app.post(
    '/api/jobs/:id/:command',
    {
      config: { rateLimit: { max: 30, timeWindow: '1 minute' } },
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
    async ({ params: { id, command }, headers }, reply) => {
      const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
      if (!sameToken(given, options.adminToken)) {
        throw new ProblemError(
          401,
          'token-wrong',
          'The admin token is wrong: copy the dashboard link that the server printed.',
        );
      }
      if (options.catalog.program(id) === undefined) throw jobUnknown(id);
      if (!options.catalog.isHosted(id)) {
        throw new ProblemError(409, 'not-trained', `${id} is not trained by this server: it is only served.`);
      }
      options.command({ type: EVENT[command] });
      return reply.code(204).send(null);
    },
  );
};
