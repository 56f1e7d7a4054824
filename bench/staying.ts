/**
 * What is saved where several units, or steps, stay on the device until one vector is read: bytes that are read from it ÷ those where each is
 * read and the processor adds it up, or descends, and the time alike. Both take turns in one run.
 */

import { ofTurn, openEngineClock, type Timed } from './engine-clock.ts';
import type { BareModel } from './engine-page/bare.ts';
import type { ClockAnswer } from './engine-page/clock.worker.ts';
import { type Measurement, ratio } from './measurement.ts';

const STEPS = 20;
const BLOCK = 8;
const PAGES = 2;

export function measureLocalSteps(model: BareModel): Promise<readonly Measurement[]> {
  return measureStaying('local', model, { engine: 'jax-webgpu', localSteps: STEPS }, STEPS);
}

export function measureBlocks(model: BareModel): Promise<readonly Measurement[]> {
  return measureStaying('block', model, { engine: 'jax-webgpu', block: BLOCK }, BLOCK);
}

async function measureStaying(
  name: string,
  model: BareModel,
  what: Timed,
  times: number,
): Promise<readonly Measurement[]> {
  const { clock, close } = await openEngineClock(model);
  try {
    const answers: ClockAnswer[] = [];
    for (let page = 0; page < PAGES; page++) answers.push(await clock(what));
    const [there, here] = [ofTurn(answers, 0) / times, ofTurn(answers, 1) / times];
    const [read, readHere] = [ofTurn(answers, 0, 'readBytes'), ofTurn(answers, 1, 'readBytes')];
    return [
      ratio(
        `engine.${name}.read.${model}`,
        read / readHere,
        `${read} bytes for ${times}, one by one ${readHere}`,
        false,
      ),
      ratio(
        `engine.${name}.time.${model}`,
        there / here,
        `${there.toFixed(1)} ms for each of ${times}, one by one ${here.toFixed(1)} ms`,
        false,
      ),
    ];
  } finally {
    await close();
  }
}
