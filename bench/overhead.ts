/**
 * What the platform costs one tab: samples a second of one tab through server, socket and round ÷ the same worker in the same browser
 * with the same settings training alone on the same units. Batch 1,024 as 8 units of 128.
 */

import type { HistoryPoint } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import { loadJob } from 'manyhands';
import { type RunningServer, startServer } from '../e2e/running-server.ts';
import { serveFolder } from '../e2e/served-folder.ts';
import type { SoloQuestion, SoloResult } from '../e2e/solo/solo.worker.ts';
import { openUndrivenBrowser } from '../e2e/undriven-browser.ts';
import { openVolunteer } from '../e2e/volunteer-tab.ts';
import { type Measurement, median, ratio } from './measurement.ts';

const WARM_STEPS = 3;
/** A step of the one takes a second on a software adapter, of the other five. */
const MEASURED_STEPS = { mlp: 30, cnn: 10 } as const;
/** Seldom: to look costs the server, and so the tab beside it, some of the same processor. */
const POLL_MS = 2_000;

/** The two that compute on WebGPU: a figure without a word behind it is of TF.js, as it was when there was no other. */
const ENGINES = { '': 'tfjs-webgpu', '.jax': 'jax-webgpu' } as const;

export async function measureOverhead(
  model: 'mlp' | 'cnn',
  library: keyof typeof ENGINES = '',
): Promise<readonly Measurement[]> {
  const engine = ENGINES[library];
  const path = `examples/mnist/${model}`;
  const steps = WARM_STEPS + MEASURED_STEPS[model];
  const browser = await openUndrivenBrowser();
  const server = await startServer({ job: path });
  const solo = await serveFolder('dist/solo');
  try {
    const { job } = await loadJob(path);
    const question: SoloQuestion = {
      server: server.origin,
      job: server.job,
      from: 'latest',
      optimizer: job.optimizer,
      steps,
      blockUnits: job.batch.units,
      engine,
    };
    const alone = (changes: Partial<SoloQuestion> = {}) =>
      browser.drive(async (context) => {
        const page = await context.newPage();
        await page.goto(solo.origin);
        const result = await page.evaluate((asked) => window.trainAlone(asked), { ...question, ...changes });
        await page.close();
        return result;
      });
    // Alone before and after, so that a machine that warms up or slows down does so for both.
    const before = await alone();
    await browser.drive((context) => openVolunteer(context, server, engine));
    const through = await stepMs(server, steps);
    await browser.drive(async (context) => {
      for (const page of context.pages()) await page.close();
      await context.newPage();
    });
    const after = await alone();
    const whole = await alone({ unbroken: true });
    const steady = ({ stepMs }: SoloResult) => stepMs.slice(WARM_STEPS);
    const aloneMs = median([...steady(before), ...steady(after)]);
    const wholeMs = median(steady(whole));
    const figures = `${aloneMs.toFixed(0)} ms a step alone, ${through.toFixed(0)} ms through the platform, ${before.backend}`;
    return [
      ratio(
        `overhead.one_tab.${model}${library}`,
        aloneMs / through,
        `${figures}; reach ≥ ${library === '' ? 0.95 : 0.9}`,
      ),
      ratio(
        `overhead.unbroken.${model}${library}`,
        wholeMs / through,
        `against one pass of 1,024: ${wholeMs.toFixed(0)} ms`,
      ),
    ];
  } finally {
    await solo.close();
    await server.close();
    await browser.close();
  }
}

/** Median time between two steps once the first are past. */
async function stepMs(server: RunningServer, steps: number): Promise<number> {
  await server.until('the last measured step', ({ step }) => step >= steps, 900_000, POLL_MS);
  const answer = await fetch(new URL(ROUTES.history(server.job), server.origin));
  const points = (await answer.json()) as readonly HistoryPoint[];
  const made = points.filter(({ entry }) => entry.kind === 'step');
  const gaps = made.slice(WARM_STEPS, steps).map((point, i) => point.at - made[WARM_STEPS + i - 1]!.at);
  return median(gaps);
}
