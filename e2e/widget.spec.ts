import { expect, test } from '@playwright/test';
import { serveHostPage } from './host-page.ts';
import { OUTLASTING, startServer } from './running-server.ts';

test('[EM1] the widget works on a page of another origin under its strict policy, and only after a real click', async ({
  context,
}) => {
  const server = await startServer({ job: 'examples/iris', flags: OUTLASTING });
  const host = await serveHostPage(server);
  try {
    const page = await context.newPage();
    const refused: string[] = [];
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) refused.push(message.text());
    });
    await page.goto(host.origin);
    // The shadow root is closed, so the frame is found among the page's frames.
    await expect.poll(() => page.frames().length).toBe(2);
    const card = page.frames()[1]!;
    const yes = card.getByRole('button', { name: 'Yes, help with this device' });
    await yes.waitFor();

    // A click that a script makes, even inside the frame, is not a yes.
    await yes.evaluate((button: HTMLButtonElement) => button.click());
    expect((await server.view()).volunteers.connected).toBe(0);

    await yes.click();
    await server.until('the volunteer', ({ volunteers }) => volunteers.connected === 1);
    await server.until('a step', ({ step }) => step >= 1);
    await card.getByRole('button', { name: 'Stop' }).click();
    await server.until('nobody', ({ volunteers }) => volunteers.connected === 0);
    expect(refused).toEqual([]);
  } finally {
    await host.close();
    await server.close();
  }
});

test('[EM12] a yes that nobody can see is not taken, however real its click', async ({ page }) => {
  const server = await startServer({ job: 'examples/iris', flags: OUTLASTING });
  const host = await serveHostPage(server);
  try {
    await page.goto(host.origin);
    await expect.poll(() => page.frames().length).toBe(2);
    const card = page.frames()[1]!;
    const yes = card.getByRole('button', { name: 'Yes, help with this device' });
    await expect(yes).not.toHaveAttribute('aria-disabled');
    // The trick: a picture over the frame that lets clicks through.
    await page.evaluate(() => {
      const picture = document.createElement('div');
      picture.id = 'picture';
      for (const [name, value] of [
        ['position', 'fixed'],
        ['inset', '0'],
        ['background', 'white'],
        ['pointer-events', 'none'],
      ] as const)
        picture.style.setProperty(name, value);
      document.body.append(picture);
    });
    await expect(yes).toHaveAttribute('aria-disabled', 'true');
    // A click at that place, which the picture lets through.
    const { x, y, width, height } = (await yes.boundingBox())!;
    await page.mouse.click(x + width / 2, y + height / 2);
    await expect(card.getByText('Press again when all of this button can be seen.')).toBeVisible();
    expect((await server.view()).volunteers.connected).toBe(0);

    await page.evaluate(() => document.getElementById('picture')!.remove());
    await expect(yes).not.toHaveAttribute('aria-disabled');
    await page.mouse.click(x + width / 2, y + height / 2);
    await server.until('the volunteer', ({ volunteers }) => volunteers.connected === 1, 60_000);
  } finally {
    await host.close();
    await server.close();
  }
});

test('[EM2] only the widget may be framed: join page, dashboard, trial and home refuse', async ({ page }) => {
  const server = await startServer({ job: 'examples/iris' });
  const host = await serveHostPage(server);
  try {
    await page.goto(host.origin);
    const framed = async (path: string) => {
      await page.evaluate(async (url) => {
        const frame = document.createElement('iframe');
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
        frame.src = url;
        document.body.append(frame);
        await loaded;
      }, `${server.origin}${path}`);
      return page.frames().at(-1)!;
    };
    const card = await framed(`/embed/${server.job}`);
    await expect(card.getByRole('heading', { name: 'Telling irises apart' })).toBeVisible();
    for (const page of ['/', `/join/${server.job}`, `/dashboard/${server.job}`, `/try/${server.job}`]) {
      const frame = await framed(page);
      // What Chromium shows in the place of a page that will not be framed.
      expect(frame.url(), page).toBe('chrome-error://chromewebdata/');
    }
  } finally {
    await host.close();
    await server.close();
  }
});
