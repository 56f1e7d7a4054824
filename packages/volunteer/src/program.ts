/** A job's program, fetched and checked: nothing of it reaches a device before its parts fit each other and the limits. */

import type { ModelProgram } from '@manyhands/compute';
import { layoutSize, type ParamLayout } from '@manyhands/core';
import { type JobProgram, JobProgramSchema, LIMITS, ROUTES } from '@manyhands/protocol';
import type { Download } from './download.ts';
import { type Failure, isFailure } from './failure.ts';

export interface FetchedProgram {
  readonly program: JobProgram;
  /** As it was sent: two programs are the same if their texts are. */
  readonly text: string;
}

export async function fetchProgram(
  download: Download,
  server: string,
  job: string,
): Promise<FetchedProgram | Failure> {
  const url = new URL(ROUTES.program(job), server).href;
  const bytes = await download(url, { bytesMax: LIMITS.topologyBytesMax, fresh: true });
  return isFailure(bytes) ? bytes : readProgram(new TextDecoder().decode(bytes));
}

/** Never throws, whatever the text. */
export function readProgram(text: string): FetchedProgram | Failure {
  const program = JobProgramSchema.safeParse(parseJson(text));
  if (!program.success) {
    const { path, message } = program.error.issues[0]!;
    return malformed(`at ${path.join('.') || 'the top'}: ${message}`);
  }
  const { model, samples } = program.data;
  if (samples.train === 0) return malformed('it has no samples to train on');
  const flaw = flawOf('params', model.params) ?? flawOf('state', model.state);
  if (flaw !== undefined) return malformed(flaw);
  const tensors = model.params.length + model.state.length;
  if (model.drawn !== undefined && model.drawn.initializers.length !== tensors)
    return malformed(`it has ${model.drawn.initializers.length} initializers for ${tensors} tensors`);
  if (layoutSize(model.params) + layoutSize(model.state) > LIMITS.paramsMax)
    return malformed(`the model has more than ${LIMITS.paramsMax} parameters`);
  return { program: program.data, text };
}

export function modelProgramOf({ model, seed, batch }: JobProgram): ModelProgram {
  return { ...model, seed, unitSamples: batch.unitSamples };
}

/** A layout is gapless and each tensor as large as its shape says; what is wrong with this one, if anything. */
function flawOf(name: string, layout: ParamLayout): string | undefined {
  let offset = 0;
  for (const tensor of layout) {
    const size = tensor.shape.reduce((product, dimension) => product * dimension, 1);
    if (tensor.offset !== offset || tensor.size !== size)
      return `${name}: the tensor ${tensor.name} does not lie where the one before it ends`;
    offset += size;
  }
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function malformed(flaw: string): Failure {
  return {
    failure: 'malformed',
    sentence: `The job's program is not as the protocol describes it (${flaw}): tell whoever runs the server.`,
  };
}
