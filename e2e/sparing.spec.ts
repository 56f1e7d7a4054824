import { expect, test } from '@playwright/test';
import { OUTLASTING, startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

declare global {
  interface Window {
    /** In how many frames something of the page has changed. */
    changedFrames: number;
  }
}

const WATCHED_MS = 8_000;

test('[UI4] where the processor plays the GPU, a page that works is drawn less than five times a second', async ({
  context,
}) => {
  await context.addInitScript(() => {
    window.changedFrames = 0;
    let awaited = false;
    const observer = new MutationObserver(() => {
      if (awaited) return;
      awaited = true;
      requestAnimationFrame(() => {
        awaited = false;
        window.changedFrames++;
      });
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  const server = await startServer({ job: 'examples/iris', flags: OUTLASTING });
  try {
    const page = await openVolunteer(context, server);
    await server.until('the third step', ({ step }) => step >= 3);
    await expect(page.locator('html')).toHaveAttribute('data-motion', 'none');
    const drawnPerSecond = await page.evaluate(async (watchedMs) => {
      const [before, startedAt] = [window.changedFrames, performance.now()];
      await new Promise((resolve) => setTimeout(resolve, watchedMs));
      return ((window.changedFrames - before) * 1_000) / (performance.now() - startedAt);
    }, WATCHED_MS);
    expect(drawnPerSecond).toBeGreaterThan(0);
    // Twice for the job and twice for this device's part in it; now and then the curve's own readings.
    expect(drawnPerSecond).toBeLessThan(5);
  } finally {
    await server.close();
  }
});
