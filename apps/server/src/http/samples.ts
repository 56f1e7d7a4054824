/** The samples of the current job, shard by shard. A shard's bytes never change: the job's id names its content. */

import { encodeSafetensors, type JobProgram, ProblemSchema, type Tensor } from '@manyhands/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { SampleSet } from '../hosted-job.ts';
import { bytesOf } from '../store/vector-bytes.ts';
import { FOR_EVER } from './caching.ts';
import type { HttpOptions } from './http-options.ts';
import { JobParamsSchema } from './jobs.ts';
import { jobUnknown, ProblemError } from './problem.ts';

export const sampleRoutes: FastifyPluginAsyncZod<HttpOptions> = async (app, { catalog }) => {
  app.get(
    '/api/jobs/:id/samples/:set/:shard',
    {
      schema: {
        summary: 'One shard of samples, as safetensors with the tensors inputs and targets',
        params: JobParamsSchema.extend({
          set: z.enum(['train', 'evaluation']),
          shard: z.coerce.number().int().min(0),
        }),
        response: { 200: z.unknown(), 404: ProblemSchema },
        produces: ['application/octet-stream'],
      },
    },
    async ({ params: { id, set, shard } }, reply) => {
      const program = catalog.program(id);
      if (program === undefined) throw jobUnknown(id);
      const dataset = catalog.dataset(id);
      if (dataset === undefined) {
        throw new ProblemError(404, 'samples-elsewhere', `The samples of ${id} are not on this server.`);
      }
      const file = encodeShard(program.samples, dataset[set], shard);
      if (file === undefined) {
        throw new ProblemError(404, 'shard-unknown', `The ${set} set of ${id} has no shard ${shard}.`);
      }
      return reply.type('application/octet-stream').header('cache-control', FOR_EVER).send(file);
    },
  );
};

/** Samples `shard × shardSamples` and on as a file of tensors; `undefined` where the set has no such shard. */
export function encodeShard(
  { shardSamples, input, target }: JobProgram['samples'],
  set: SampleSet,
  shard: number,
): Uint8Array | undefined {
  const first = shard * shardSamples;
  const count = Math.min(set.count, first + shardSamples) - first;
  if (count <= 0) return undefined;
  const targetShape = target.kind === 'class' ? [] : target.shape;
  return encodeSafetensors([
    slice('inputs', set.inputs, first, count, input.shape),
    slice('targets', set.targets, first, count, targetShape),
  ]);
}

function slice(
  name: string,
  values: Uint8Array | Float32Array,
  first: number,
  count: number,
  shape: readonly number[],
): Tensor {
  const each = shape.reduce((product, dimension) => product * dimension, 1);
  const bytes = bytesOf(values.subarray(first * each, (first + count) * each));
  return { name, dtype: values instanceof Uint8Array ? 'U8' : 'F32', shape: [count, ...shape], bytes };
}
