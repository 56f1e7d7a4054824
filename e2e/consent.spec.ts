import { expect, type Page, test } from '@playwright/test';
import { serveHostPage } from './host-page.ts';
import { OUTLASTING, type RunningServer, startServer } from './running-server.ts';
import type { ServedFolder } from './served-folder.ts';

const YES = 'Yes, help with this device';

let server: RunningServer;
let host: ServedFolder;
test.beforeAll(async () => {
  server = await startServer({ job: 'examples/iris', flags: OUTLASTING });
  host = await serveHostPage(server);
});
test.afterAll(async () => {
  await host.close();
  await server.close();
});

/** Opens a page that shows the widget; the button that it offers is the first thing to look at. */
async function open(page: Page, origin: string) {
  await page.goto(origin);
  const offered = async (name: string) => {
    // The shadow root is closed, so the frame is found among the page's frames.
    await expect.poll(() => page.frames().length).toBe(2);
    const button = page.frames()[1]!.getByRole('button', { name });
    await expect(button).toBeVisible({ timeout: 30_000 });
    return button;
  };
  return { press: async (name: string) => (await offered(name)).click(), offered };
}

test('[EM5] the yes outlives a reload, holds for no other site, and a stop takes it back', async ({
  context,
}) => {
  // Browsers give a frame its storage on a page of its own site, which `localhost` is whatever the port.
  const other = await serveHostPage(server);
  const [here, elsewhere] = [host, other].map(({ origin }) => origin.replace('127.0.0.1', 'localhost'));
  try {
    const page = await context.newPage();
    const card = await open(page, here!);
    await card.press(YES);
    await card.offered('Stop');
    await (await open(page, here!)).offered('Stop');

    await (await open(page, elsewhere!)).offered(YES);

    await (await open(page, here!)).press('Stop');
    await (await open(page, here!)).offered(YES);
    await server.until('nobody', ({ volunteers }) => volunteers.connected === 0);
  } finally {
    await other.close();
  }
});

test('[EM10] after a stop pressed in another tab, one yes is enough', async ({ context }) => {
  const here = host.origin.replace('127.0.0.1', 'localhost');
  const [first, second] = [await context.newPage(), await context.newPage()];
  await (await open(first, here)).press(YES);
  const card = await open(second, here);
  // The yes is remembered, and the first tab has the work.
  await card.offered('Stop');
  await expect(second.frames()[1]!.getByText('Another tab of this browser is helping.')).toBeVisible();

  await first.frames()[1]!.getByRole('button', { name: 'Stop' }).click();
  await server.until('nobody', ({ volunteers }) => volunteers.connected === 0);
  await card.press(YES);
  await server.until('a volunteer', ({ volunteers }) => volunteers.connected === 1, 30_000);
  await card.press('Stop');
});

test('[EM8] where a browser denies the frame its storage, the yes holds until the page closes', async ({
  context,
}) => {
  const page = await context.newPage();
  const card = await open(page, host.origin);
  await card.offered(YES);
  const denied = page.frames()[1]!.evaluate(() => localStorage.length);
  await expect(denied).rejects.toThrow(/Access is denied/);
  await card.press(YES);
  await card.offered('Stop');
  await (await open(page, host.origin)).offered(YES);
});
