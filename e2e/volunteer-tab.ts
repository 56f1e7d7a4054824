/** A tab in which somebody opened the join link and said yes. */

import type { EngineName } from '@manyhands/compute';
import type { BrowserContext, Page } from '@playwright/test';
import type { RunningServer } from './running-server.ts';

/** What a volunteer with a graphics adapter computes with; here, where a processor plays it, nobody would by himself. */
export const WEBGPU: EngineName = 'jax-webgpu';

/** A tenth of the device, in percent: between two of its steps a test has time to act, and the machine for other tests. */
export const GENTLY = 10;

/** Every such tab works, however many of them one browser has, and as hard as it can or is told to, in percent. */
export async function openVolunteer(
  context: BrowserContext,
  server: RunningServer,
  engine: EngineName = WEBGPU,
  intensity = 100,
): Promise<Page> {
  const page = await sayYes(context, server, engine);
  await setIntensity(page, intensity);
  return page;
}

export async function setIntensity(page: Page, percent: number): Promise<void> {
  await page.getByRole('slider').fill(String(percent));
}

/** The same without a touch of what is below the button, so that the page stays where it was opened. */
export async function sayYes(
  context: BrowserContext,
  server: RunningServer,
  engine: EngineName = WEBGPU,
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.joinUrl}?each=1&engine=${engine}`);
  await page
    .getByRole('button', { name: /lend|join|yes|help/i })
    .first()
    .click();
  return page;
}
