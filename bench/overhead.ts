/**
 * What the platform costs one tab: samples a second of one tab through server, socket and round ÷ the same worker in the same browser
 * with the same settings training alone on the same units. Batch 1,024 as 8 units of 128.
 */

import type { HistoryPoint } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import { chromium } from '@playwright/test';
import { loadJob } from 'manyhands';
import { type RunningServer, startServer } from '../e2e/running-server.ts';
import { serveFolder } from '../e2e/served-folder.ts';
import type { SoloResult } from '../e2e/solo/solo.worker.ts';
import { openVolunteer } from '../e2e/volunteer-tab.ts';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import { type Measurement, ratio } from './measurement.ts';

const WARM_STEPS = 3;
const MEASURED_STEPS = 8;

export async function measureOverhead(model: 'mlp' | 'cnn'): Promise<readonly Measurement[]> {
  const path = `examples/mnist/${model}`;
  const browser = await chromium.launch({ executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] });
  const context = await browser.newContext();
  const server = await startServer({ job: path });
  const solo = await serveFolder('dist/solo');
  try {
    const { job } = await loadJob(path);
    const page = await context.newPage();
    await page.goto(solo.origin);
    const question = {
      server: server.origin,
      job: server.job,
      from: 'latest',
      optimizer: job.optimizer,
      steps: WARM_STEPS + MEASURED_STEPS,
      blockUnits: job.batch.units,
    };
    // Alone before and after, so that a machine that warms up or slows down does so for both.
    const before = await page.evaluate((asked) => window.trainAlone(asked), question);
    const tab = await openVolunteer(context, server);
    await server.until(
      'the last measured step',
      ({ step }) => step >= WARM_STEPS + MEASURED_STEPS,
      900_000,
      2_000,
    );
    const through = await stepMs(server);
    await tab.close();
    const after = await page.evaluate((asked) => window.trainAlone(asked), question);
    const whole = await page.evaluate((asked) => window.trainAlone(asked), { ...question, unbroken: true });
    const steady = ({ stepMs }: SoloResult) => stepMs.slice(WARM_STEPS);
    const aloneMs = median([...steady(before), ...steady(after)]);
    const wholeMs = median(steady(whole));
    const figures = `${aloneMs.toFixed(0)} ms a step alone, ${through.toFixed(0)} ms through the platform, ${before.backend}`;
    return [
      ratio(`overhead.one_tab.${model}`, aloneMs / through, `${figures}; reach ≥ 0.95`),
      ratio(
        `overhead.unbroken.${model}`,
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

/** Median time between two steps once the first are past; steps that were followed by an evaluation do not count. */
async function stepMs(server: RunningServer): Promise<number> {
  const answer = await fetch(new URL(ROUTES.history(server.job), server.origin));
  const points = (await answer.json()) as readonly HistoryPoint[];
  const steps = points.filter(({ entry }) => entry.kind === 'step');
  const gaps = steps.slice(WARM_STEPS).map((point, i) => point.at - steps[WARM_STEPS + i - 1]!.at);
  return median(gaps);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
