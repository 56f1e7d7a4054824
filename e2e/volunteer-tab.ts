/** A tab in which somebody opened the join link and said yes. */

import type { BrowserContext, Page } from '@playwright/test';
import type { RunningServer } from './running-server.ts';

/** Every such tab works, however many of them one browser has, and as hard as it can. */
export async function openVolunteer(
  context: BrowserContext,
  server: RunningServer,
  backend?: 'webgpu' | 'webgl' | 'wasm' | 'cpu',
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.joinUrl}?each=1${backend === undefined ? '' : `&backend=${backend}`}`);
  await page
    .getByRole('button', { name: /lend|join|yes|help/i })
    .first()
    .click();
  await page.getByRole('slider').fill('100');
  return page;
}
