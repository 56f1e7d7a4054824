/** The server's table of speeds, as far as engines of this build are in it. Nothing depends on it: what cannot be had is empty. */

import { ENGINE_NAMES, ENGINES, type EngineName, type EngineSpeed } from '@manyhands/compute';
import { LIMITS, ROUTES, type SpeedMessage, type SpeedRow, SpeedRowSchema } from '@manyhands/protocol';
import * as z from 'zod/mini';
import type { Download } from './download.ts';
import { isFailure } from './failure.ts';

export async function fetchSpeeds(
  download: Download,
  server: string,
  job: string,
): Promise<readonly EngineSpeed[]> {
  const url = new URL(ROUTES.speeds(job), server).href;
  const bytes = await download(url, { bytesMax: LIMITS.messageBytesMax, fresh: true });
  return isFailure(bytes) ? [] : readSpeeds(new TextDecoder().decode(bytes));
}

/** Never throws, whatever the text. Rows of another version of an engine, whose speed may be another, are left out. */
export function readSpeeds(text: string): readonly EngineSpeed[] {
  const rows = SpeedsSchema.safeParse(parseJson(text));
  return rows.success ? rows.data.flatMap(engineSpeed) : [];
}

/** As it travels. */
export function speedMessage({ adapter, engine, secondsPerSample }: EngineSpeed): SpeedMessage {
  const { library, backend } = ENGINES[engine];
  const bounded = Math.min(
    LIMITS.secondsPerSampleMax,
    Math.max(LIMITS.secondsPerSampleMin, secondsPerSample),
  );
  return { adapter, engine: library, backend, secondsPerSample: bounded };
}

const SpeedsSchema = z.array(SpeedRowSchema).check(z.maxLength(LIMITS.speedRowsMax));

function engineSpeed({ adapter, engine, backend, secondsPerSample }: SpeedRow): EngineSpeed[] {
  const isOf = (name: EngineName) => ENGINES[name].library === engine && ENGINES[name].backend === backend;
  const name = ENGINE_NAMES.find(isOf);
  return name === undefined ? [] : [{ adapter, engine: name, secondsPerSample }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
