/**
 * What only a job whose codec leaves something out has a volunteer do, on the way up or down. Loaded where a job has one: whoever
 * joins another downloads neither codecs nor residuals.
 */

import { type Codec, contributionCodec, contributionLength, isLossy, shapeOf } from '@manyhands/core';
import type { JobProgram } from '@manyhands/protocol';
import { Residual } from './residual.ts';
import type { ResidualRun, ResidualStore } from './residual-store.ts';
import { Updates } from './updates.ts';

/** How gradients are encoded, and where what that leaves out is kept for later ones. */
export interface Withholding {
  readonly codec: Codec;
  readonly residual: Residual;
}

/** Undefined where the contributions of a program are sent whole. */
export function withholdingOf(
  program: JobProgram,
  server: string,
  store: ResidualStore,
): Withholding | undefined {
  const { model, codec } = program;
  if (codec === undefined || !isLossy(codec)) return undefined;
  return {
    codec: contributionCodec(codec, shapeOf(model)),
    residual: new Residual(residualRun(program, server), store),
  };
}

/** Undefined where whole parameters come. */
export function updatesOf({ updates, model }: JobProgram): Updates | undefined {
  return updates && new Updates(updates, model);
}

/** What a residual of this program belongs to. */
export function residualRun({ id, layoutHash, model, codec }: JobProgram, server: string): ResidualRun {
  return {
    server,
    name: `${id} ${layoutHash} ${JSON.stringify(codec)}`,
    length: contributionLength(shapeOf(model)),
  };
}
