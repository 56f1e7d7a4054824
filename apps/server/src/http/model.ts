/** Models as files: parameters as safetensors, and what `tf.loadLayersModel` loads as it is, by address or from an archive. */

import { parseVersion } from '@manyhands/core';
import { ProblemSchema } from '@manyhands/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Catalog } from '../catalog.ts';
import type { ModelVersion } from '../model-version.ts';
import { FOR_EVER, NO_CACHE } from './caching.ts';
import type { HttpOptions } from './http-options.ts';
import { JobParamsSchema } from './jobs.ts';
import { jobUnknown, ProblemError } from './problem.ts';

const VersionSchema = z
  .string()
  .regex(/^(latest|\d{1,9}-\d{1,9})$/, 'A version is `latest`, or incarnation and step such as 1-200.');

const NamedVersionSchema = z
  .string()
  .regex(/^\d{1,9}-\d{1,9}$/, 'A version is incarnation and step such as 1-200.');

const answers = { 200: z.unknown(), 404: ProblemSchema, 410: ProblemSchema };

export const modelRoutes: FastifyPluginAsyncZod<HttpOptions> = async (app, { catalog, traffic }) => {
  app.get(
    '/api/jobs/:id/params/:version',
    {
      schema: {
        summary: 'Parameters and non-trainable state by name, as safetensors',
        params: JobParamsSchema.extend({ version: VersionSchema }),
        response: answers,
        produces: ['application/octet-stream'],
      },
    },
    async ({ params: { id, version } }, reply) => {
      const model = find(catalog, id, version);
      const bytes = await model.safetensors();
      traffic.parametersWent(bytes.byteLength);
      return reply
        .type('application/octet-stream')
        .header('cache-control', version === 'latest' ? NO_CACHE : FOR_EVER)
        .header('etag', `"${model.version}"`)
        .send(bytes);
    },
  );

  app.get(
    '/api/jobs/:id/updates/:from/:to',
    {
      schema: {
        summary: 'What makes a later version out of one that is held, as frames one behind the other',
        params: JobParamsSchema.extend({ from: NamedVersionSchema, to: NamedVersionSchema }),
        response: answers,
        produces: ['application/octet-stream'],
      },
    },
    async ({ params: { id, from, to } }, reply) => {
      if (catalog.program(id) === undefined) throw jobUnknown(id);
      const frames = catalog.updates(id, parseVersion(from)!, parseVersion(to)!);
      if (frames === undefined) {
        throw new ProblemError(
          410,
          'updates-gone',
          `The updates from ${from} to ${to} of ${id} are not kept: take the parameters.`,
        );
      }
      const bytes = Buffer.concat(frames);
      traffic.parametersWent(bytes.byteLength);
      return reply.type('application/octet-stream').header('cache-control', FOR_EVER).send(bytes);
    },
  );

  app.get(
    '/api/jobs/:id/model/model.json',
    {
      schema: {
        summary: 'The newest model; tf.loadLayersModel loads it from here',
        params: JobParamsSchema,
        response: answers,
        produces: ['application/json'],
      },
    },
    async ({ params: { id } }, reply) =>
      reply
        .type('application/json')
        .header('cache-control', NO_CACHE)
        .send(find(catalog, id, 'latest').modelJson()),
  );

  app.get(
    '/api/jobs/:id/model/:file',
    {
      schema: {
        summary: 'The weights that a model.json names',
        params: JobParamsSchema.extend({ file: z.string().regex(/^weights-\d{1,9}-\d{1,9}\.bin$/) }),
        response: answers,
        produces: ['application/octet-stream'],
      },
    },
    async ({ params: { id, file } }, reply) => {
      const { body } = find(catalog, id, file.slice('weights-'.length, -'.bin'.length));
      return reply.type('application/octet-stream').header('cache-control', FOR_EVER).send(body);
    },
  );

  app.get(
    '/api/jobs/:id/archive/:version',
    {
      schema: {
        summary: 'A model.json and its weights in one ZIP archive',
        params: JobParamsSchema.extend({ version: VersionSchema }),
        response: answers,
        produces: ['application/zip'],
      },
    },
    async ({ params: { id, version } }, reply) => {
      const model = find(catalog, id, version);
      const name = `${id}-${model.version}`;
      return reply
        .type('application/zip')
        .header('cache-control', version === 'latest' ? NO_CACHE : FOR_EVER)
        .header('etag', `"${model.version}"`)
        .header('content-disposition', `attachment; filename="${name}.zip"`)
        .send(await model.archive(name));
    },
  );
};

function find(catalog: Catalog, id: string, version: string): ModelVersion {
  if (catalog.program(id) === undefined) throw jobUnknown(id);
  const model = catalog.version(id, version);
  if (model === 'gone') {
    throw new ProblemError(
      410,
      'version-gone',
      `Version ${version} of ${id} is no longer kept: ask for latest.`,
    );
  }
  if (model === 'unknown') {
    throw new ProblemError(
      404,
      'version-unknown',
      `There never was a version ${version} of ${id}: ask for latest.`,
    );
  }
  return model;
}
