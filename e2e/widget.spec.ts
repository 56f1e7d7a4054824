import { expect, test } from '@playwright/test';
import { serveHostPage } from './host-page.ts';
import { startServer } from './running-server.ts';

test('[EM1] the widget works on a page of another origin under its strict policy, and only after a real click', async ({
  context,
}) => {
  const server = await startServer({ job: 'examples/mnist/mlp' });
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

test('[EM2] only the widget may be framed: join page and dashboard refuse', async ({ context }) => {
  const server = await startServer({ job: 'examples/mnist/mlp' });
  try {
    for (const [path, ancestors] of [
      [`/embed/${server.job}`, undefined],
      [`/join/${server.job}`, "frame-ancestors 'none'"],
      [`/dashboard/${server.job}`, "frame-ancestors 'none'"],
    ] as const) {
      const { headers } = await fetch(new URL(path, server.origin));
      const policy = headers.get('content-security-policy') ?? '';
      if (ancestors === undefined) expect(policy).not.toContain("frame-ancestors 'none'");
      else expect(policy).toContain(ancestors);
    }
    const page = await context.newPage();
    await page.goto(server.origin);
    expect(await page.title()).toContain('Manyhands');
  } finally {
    await server.close();
  }
});
