/** Reads a job's file: TypeScript or JavaScript, from any folder, without anything to install or to build beside it. */

import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as dataset from '@manyhands/dataset';
import * as layers from '@manyhands/layers';
import * as tf from '@tensorflow/tfjs';
import { createJiti } from 'jiti';
import { buildJob, JobError, type LoadedJob } from './build-job.ts';
import { defineJob, type JobDefinition } from './job-definition.ts';

export interface LoadOptions {
  /** Stops after so many steps, whatever the file says. */
  readonly steps?: number;
}

/** `path` is a file, or a folder with a `job.ts` in it. Throws a `JobError` with a sentence for each problem. */
export async function loadJob(path: string, options: LoadOptions = {}): Promise<LoadedJob> {
  const file = jobFile(path);
  const written = await evaluate(file);
  const definition =
    options.steps === undefined || typeof written !== 'object' || written === null
      ? written
      : { ...written, stop: { ...(written as JobDefinition).stop, steps: options.steps } };
  try {
    return await buildJob(definition, dirname(file));
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    throw new JobError(`${file} is not a job that can be run:\n${error.message}`);
  }
}

const NAMES = ['job.ts', 'job.mts', 'job.js', 'job.mjs'];

function jobFile(path: string): string {
  const full = resolve(path);
  if (!existsSync(full))
    throw new JobError(`There is no job at ${full}: name a folder with a job.ts, or a file.`);
  if (!statSync(full).isDirectory()) return full;
  const name = NAMES.find((candidate) => existsSync(join(full, candidate)));
  if (name === undefined)
    throw new JobError(`The folder ${full} has no job.ts: name a folder that has one, or a file.`);
  return join(full, name);
}

/** What the file exports by default. It imports our own modules, so that a model is a model here too. */
async function evaluate(file: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    // Else a file without a default export would pass for one.
    interopDefault: false,
    virtualModules: { manyhands: { defineJob, layers, ...dataset }, '@tensorflow/tfjs': tf },
  });
  let module: unknown;
  try {
    tf.enableProdMode();
    module = await jiti.import(file);
  } catch (error) {
    throw new JobError(`${file} cannot be read as a job: ${inOneSentence(error)}`);
  }
  const written = (module as { default?: unknown }).default;
  if (written === undefined)
    throw new JobError(`${file} exports no job: write \`export default defineJob({ … })\`.`);
  return written;
}

/** Compilers and module loaders speak in paragraphs. */
function inOneSentence(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return said.split('Require stack:')[0]!.trim().replace(/\s+/g, ' ').replace(/\.?$/, '.');
}
