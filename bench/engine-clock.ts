/** Times units of an example in a worker of a browser, one page for each thing that is timed. */

import { contributionLength, layoutSize } from '@manyhands/core';
import { loadJob } from 'manyhands';
import { serveFolder } from '../e2e/served-folder.ts';
import { openUndrivenBrowser } from '../e2e/undriven-browser.ts';
import type { BareModel } from './engine-page/bare.ts';
import type { ClockAnswer, ClockQuestion } from './engine-page/clock.worker.ts';
import { median } from './measurement.ts';

export type Timed = ClockQuestion['what'];

export interface EngineClock {
  /** Numbers of a contribution. */
  readonly elements: number;
  clock(what: Timed): Promise<ClockAnswer>;
  close(): Promise<void>;
}

const JOBS: Readonly<Record<BareModel, string>> = {
  mlp: 'examples/mnist/mlp',
  cnn: 'examples/mnist/cnn',
  gpt: 'examples/charlm',
};

/** A unit takes from milliseconds to many seconds: of the slow ones a few tell as much. */
const UNITS: Readonly<Record<BareModel, number>> = { mlp: 100, cnn: 5, gpt: 3 };
/** Whoever takes longer than this is told as who cannot, and not asked again. */
const LIMIT_MS = 180_000;

export async function openEngineClock(model: BareModel): Promise<EngineClock> {
  const browser = await openUndrivenBrowser();
  const pages = await serveFolder('dist/engine-page');
  const question = await questionOf(model);
  const { params, state } = question.program;
  return {
    elements: contributionLength({ params: layoutSize(params), state: layoutSize(state) }),
    clock: (what) =>
      browser.drive(async (context) => {
        const page = await context.newPage();
        await page.goto(pages.origin);
        page.setDefaultTimeout(LIMIT_MS);
        const answer = await page
          .waitForFunction((asked) => window.clockUnits(asked), { ...question, what })
          .then((handle) => handle.jsonValue());
        await page.close();
        return answer;
      }),
    async close() {
      await pages.close();
      await browser.close();
    },
  };
}

/** Of what took turns in the same workers: the median of this turn. */
export function ofTurn(
  answers: readonly ClockAnswer[],
  turn: 0 | 1,
  what: 'unitMs' | 'readBytes' = 'unitMs',
): number {
  return median(answers.flatMap((answer) => answer[what].filter((_, unit) => unit % 2 === turn)));
}

async function questionOf(model: BareModel): Promise<Omit<ClockQuestion, 'what' | 'wasmBase'>> {
  const { job, program } = await loadJob(JOBS[model]);
  const isText = model === 'gpt';
  return {
    program: { ...program.model, seed: job.seed, unitSamples: job.batch.unitSamples },
    units: UNITS[model],
    input: isText ? { size: 64, tokens: 81 } : { size: 784 },
    target: isText ? { size: 64, classes: 81, oneHot: false } : { size: 1, classes: 10, oneHot: true },
  };
}
