/** Everything over HTTP: pages, models, samples and what programs ask. It reads the catalog and computes nothing. */

import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import { ROUTES } from '@manyhands/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { StartError } from '../start-error.ts';
import { SERVER_VERSION } from '../version.ts';
import { commandRoutes } from './commands.ts';
import { healthRoutes } from './health.ts';
import type { HttpOptions } from './http-options.ts';
import { jobRoutes } from './jobs.ts';
import { modelRoutes } from './model.ts';
import { pageRoutes } from './pages.ts';
import { answerWithProblems } from './problem.ts';
import { sampleRoutes } from './samples.ts';
import { secure } from './security.ts';

export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const app = newApp(options);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerWithProblems(app);
  await secure(app, options.limits);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'Manyhands',
        version: SERVER_VERSION,
        description: 'One model, trained together in browser tabs.',
      },
      components: { securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(jobRoutes, options);
  await app.register(modelRoutes, options);
  await app.register(sampleRoutes, options);
  await app.register(commandRoutes, options);
  await app.register(healthRoutes, options);
  await app.register(pageRoutes, options);
  app.get(ROUTES.openapi, { schema: { hide: true } }, async () => app.swagger());
  return app;
}

function newApp({ tls, trust }: HttpOptions): FastifyInstance {
  // A keep-alive connection must not hold up the end.
  const common = { forceCloseConnections: true, bodyLimit: 64 * 1024, trustProxy: trust } as const;
  if (tls === undefined) return Fastify(common);
  const https = { cert: readPem(tls.certFile), key: readPem(tls.keyFile) };
  try {
    return Fastify({ ...common, https }) as unknown as FastifyInstance;
  } catch (error) {
    throw new StartError(
      `${tls.certFile} and ${tls.keyFile} are no certificate with its key (${(error as Error).message}).`,
    );
  }
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartError(`The file ${file} cannot be read (${(error as Error).message}).`);
  }
}
