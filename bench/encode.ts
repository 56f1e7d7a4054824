/**
 * What encoding on the device saves: of the gradient of one unit the bytes that are read ÷ those of float32, and the time to the bytes that are
 * sent ÷ where the vector is read and the processor encodes it. Both keep what they left out, and take turns in one run.
 */

import type { EngineName } from '@manyhands/compute';
import type { LossyCodecSpec } from '@manyhands/core';
import { ofTurn, openEngineClock } from './engine-clock.ts';
import type { BareModel } from './engine-page/bare.ts';
import type { ClockAnswer } from './engine-page/clock.worker.ts';
import { type Measurement, ratio } from './measurement.ts';

const CODECS: Readonly<Record<string, LossyCodecSpec>> = {
  float16: { kind: 'float16' },
  int8: { kind: 'int8' },
  'top-k': { kind: 'top-k', kept: 64, bits: 4 },
};

/** Pages for each codec. */
const PAGES = 2;

export async function measureEncoding(
  model: BareModel,
  engine: EngineName = 'jax-webgpu',
): Promise<readonly Measurement[]> {
  const { clock, elements, close } = await openEngineClock(model);
  try {
    const measured: Measurement[] = [];
    for (const [name, codec] of Object.entries(CODECS)) {
      const answers: ClockAnswer[] = [];
      for (let page = 0; page < PAGES; page++) answers.push(await clock({ engine, codec }));
      const [there, here] = [ofTurn(answers, 0), ofTurn(answers, 1)];
      const readBytes = answers[0]!.readBytes[0]!;
      measured.push(
        ratio(
          `engine.encode.read.${name}.${model}`,
          readBytes / (4 * elements),
          `${readBytes} bytes read of ${4 * elements}, ${engine}`,
          false,
        ),
        ratio(
          `engine.encode.time.${name}.${model}`,
          there / here,
          `${there.toFixed(1)} ms a unit, read and then encoded ${here.toFixed(1)} ms`,
          false,
        ),
      );
    }
    return measured;
  } finally {
    await close();
  }
}
