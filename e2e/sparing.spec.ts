import { expect, test } from '@playwright/test';
import { startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

declare global {
  interface Window {
    /** How often React has changed the page. */
    commits: number;
  }
}

const WATCHED_MS = 8_000;

test('[UI4] where the processor plays the GPU, a page that works is drawn less than five times a second', async ({
  context,
}) => {
  // What React tells its developer tools, it tells whoever stands in their place.
  await context.addInitScript(() => {
    window.commits = 0;
    const tools = { supportsFiber: true, inject: () => 1, onCommitFiberRoot: () => window.commits++ };
    Object.assign(window, { __REACT_DEVTOOLS_GLOBAL_HOOK__: { ...tools, onCommitFiberUnmount: () => {} } });
  });
  const server = await startServer({ job: 'examples/iris', flags: ['--steps', '100000'] });
  try {
    const page = await openVolunteer(context, server);
    await server.until('the third step', ({ step }) => step >= 3);
    await expect(page.locator('html')).toHaveAttribute('data-motion', 'none');
    const drawnPerSecond = await page.evaluate(async (watchedMs) => {
      const [commits, startedAt] = [window.commits, performance.now()];
      await new Promise((resolve) => setTimeout(resolve, watchedMs));
      return ((window.commits - commits) * 1_000) / (performance.now() - startedAt);
    }, WATCHED_MS);
    expect(drawnPerSecond).toBeGreaterThan(0);
    // Twice for the job and twice for this device's part in it; now and then the curve's own readings.
    expect(drawnPerSecond).toBeLessThan(5);
  } finally {
    await server.close();
  }
});
