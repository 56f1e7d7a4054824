/**
 * What it saves to take local steps on the device: bytes that are read from it ÷ those where each step reads its gradient and the processor
 * descends, and the time alike. Both take turns in one run.
 */

import { openEngineClock } from './engine-clock.ts';
import type { BareModel } from './engine-page/bare.ts';
import type { ClockAnswer } from './engine-page/clock.worker.ts';
import { type Measurement, median, ratio } from './measurement.ts';

const STEPS = 20;
const PAGES = 2;

export async function measureLocalSteps(model: BareModel): Promise<readonly Measurement[]> {
  const { clock, close } = await openEngineClock(model);
  try {
    const answers: ClockAnswer[] = [];
    for (let page = 0; page < PAGES; page++)
      answers.push(await clock({ engine: 'jax-webgpu', localSteps: STEPS }));
    const of = (turn: number, what: 'unitMs' | 'readBytes') =>
      median(answers.flatMap((answer) => answer[what].filter((_, unit) => unit % 2 === turn)));
    const [there, here] = [of(0, 'unitMs') / STEPS, of(1, 'unitMs') / STEPS];
    const [read, readHere] = [of(0, 'readBytes'), of(1, 'readBytes')];
    return [
      ratio(
        `engine.local.read.${model}`,
        read / readHere,
        `${read} bytes in ${STEPS} steps, on the processor ${readHere}`,
        false,
      ),
      ratio(
        `engine.local.time.${model}`,
        there / here,
        `${there.toFixed(1)} ms a step, on the processor ${here.toFixed(1)} ms`,
        false,
      ),
    ];
  } finally {
    await close();
  }
}
