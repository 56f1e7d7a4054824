/** A tab in which somebody opened the join link and said yes. */

import type { EngineName } from '@manyhands/compute';
import type { BrowserContext, Page } from '@playwright/test';
import type { RunningServer } from './running-server.ts';

/** What a volunteer with a graphics adapter computes with; here, where a processor plays it, nobody would by himself. */
export const WEBGPU: EngineName = 'jax-webgpu';

/** Every such tab works, however many of them one browser has, and as hard as it can. */
export async function openVolunteer(
  context: BrowserContext,
  server: RunningServer,
  engine: EngineName = WEBGPU,
): Promise<Page> {
  const page = await sayYes(context, server, engine);
  await page.getByRole('slider').fill('100');
  return page;
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
