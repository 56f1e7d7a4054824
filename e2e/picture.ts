/** Takes the picture of the README: `npm run picture`, after `npm start` has built the pages once. */

import { chromium } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import { startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

const server = await startServer({ job: 'examples/mnist/mlp' });
const browser = await chromium.launch({ executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] });
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  // Seen from the beginning, so that the small curves have something to show.
  const dashboard = await context.newPage();
  await dashboard.goto(server.dashboardUrl);
  for (let tab = 0; tab < 3; tab++) await openVolunteer(context, server, 'jax-wasm');
  await server.until('a curve', ({ step }) => step >= 60);
  await dashboard.bringToFront();
  await dashboard.screenshot({ path: 'docs/images/dashboard.png' });
} finally {
  await browser.close();
  await server.close();
}
