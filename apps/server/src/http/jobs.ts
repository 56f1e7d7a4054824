/** What programs read of jobs: lists, views, the program that volunteers load, and history. */

import {
  CreditSchema,
  HistoryPointSchema,
  JobProgramSchema,
  JobViewSchema,
  ProblemSchema,
  ROUTES,
  ServerInfoSchema,
  SpeedRowSchema,
} from '@manyhands/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NO_CACHE } from './caching.ts';
import type { HttpOptions } from './http-options.ts';
import { jobUnknown } from './problem.ts';

const POINTS_MAX = 5_000;

/** 128 bits in hex, as a browser draws them. */
const AccountSchema = z.string().regex(/^[0-9a-f]{32}$/);

export const JobParamsSchema = z.object({ id: z.string().min(1).max(128) });

export const jobRoutes: FastifyPluginAsyncZod<HttpOptions> = async (app, { catalog, serverInfo }) => {
  app.get(
    ROUTES.server,
    { schema: { summary: 'What this server is', response: { 200: ServerInfoSchema } } },
    async (_request, reply) => reply.header('cache-control', NO_CACHE).send(serverInfo()),
  );

  app.get(
    ROUTES.jobs,
    {
      schema: {
        summary: 'Every job: the one that is trained first, then the newest',
        response: { 200: z.array(JobViewSchema) },
      },
    },
    async (_request, reply) => reply.header('cache-control', NO_CACHE).send(catalog.list()),
  );

  app.get(
    '/api/jobs/:id',
    {
      schema: {
        summary: 'Where a job stands',
        params: JobParamsSchema,
        response: { 200: JobViewSchema, 404: ProblemSchema },
      },
    },
    async ({ params: { id } }, reply) => {
      const live = catalog.live(id);
      if (live === undefined) throw jobUnknown(id);
      return reply.header('cache-control', NO_CACHE).send(live.job);
    },
  );

  app.get(
    '/api/jobs/:id/program',
    {
      schema: {
        summary: 'What a volunteer needs to know of a job: model, samples and batch as data',
        params: JobParamsSchema,
        response: { 200: JobProgramSchema, 404: ProblemSchema },
      },
    },
    async ({ params: { id } }, reply) => {
      const program = catalog.program(id);
      if (program === undefined) throw jobUnknown(id);
      return reply.header('cache-control', NO_CACHE).send(program);
    },
  );

  app.get(
    '/api/jobs/:id/speeds',
    {
      schema: {
        summary: 'How fast engines are beside graphics adapters, as volunteers have measured it',
        params: JobParamsSchema,
        response: { 200: z.array(SpeedRowSchema), 404: ProblemSchema },
      },
    },
    async ({ params: { id } }, reply) => {
      if (catalog.program(id) === undefined) throw jobUnknown(id);
      return reply.header('cache-control', NO_CACHE).send([...catalog.speeds(id)]);
    },
  );

  app.get(
    '/api/jobs/:id/credit/:account',
    {
      schema: {
        summary: 'What an account has given, as far as it survives a crash',
        params: JobParamsSchema.extend({ account: AccountSchema }),
        response: { 200: CreditSchema, 404: ProblemSchema },
      },
    },
    async ({ params: { id, account } }, reply) => {
      if (catalog.program(id) === undefined) throw jobUnknown(id);
      return reply.header('cache-control', NO_CACHE).send(catalog.credit(id, account));
    },
  );

  app.get(
    '/api/jobs/:id/history',
    {
      schema: {
        summary: 'What happened, in order; ask again from the last index + 1 for more',
        params: JobParamsSchema,
        querystring: z.object({
          from: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(POINTS_MAX).default(1_000),
        }),
        response: { 200: z.array(HistoryPointSchema), 404: ProblemSchema },
      },
    },
    async ({ params: { id }, query: { from, limit } }, reply) => {
      if (catalog.program(id) === undefined) throw jobUnknown(id);
      return reply.header('cache-control', NO_CACHE).send([...catalog.history(id, from, limit)]);
    },
  );
};
