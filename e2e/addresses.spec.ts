import { createServer } from 'node:net';
import { type BrowserContext, expect, test } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import { CERTIFICATE, openReverseProxy, PROXY_NAME } from './reverse-proxy.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

// The certificate is self-made, as that of a classroom may be.
test.use({
  ignoreHTTPSErrors: true,
  launchOptions: {
    executablePath: requireChromium(),
    args: [...CHROMIUM_ARGUMENTS, `--host-resolver-rules=MAP ${PROXY_NAME} 127.0.0.1`],
  },
});

const JOB = 'examples/iris';

/** Joins over the printed link, and waits for a step. */
async function expectTraining(context: BrowserContext, server: RunningServer): Promise<void> {
  const page = await openVolunteer(context, server);
  expect(await page.evaluate(() => isSecureContext)).toBe(true);
  const view = new URL(`/api/jobs/${server.job}`, server.origin).href;
  const step = () => page.evaluate(async (url) => (await (await fetch(url)).json()).step as number, view);
  await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(0);
}

test('[AD1] with a certificate of its own, a browser joins over https and trains', async ({ context }) => {
  const { certFile, keyFile } = CERTIFICATE;
  const server = await startServer({ job: JOB, flags: ['--tls-cert', certFile, '--tls-key', keyFile] });
  try {
    expect(server.origin).toMatch(/^https:/);
    await expectTraining(context, server);
    expect(await context.cookies()).toEqual([]);
  } finally {
    await server.close();
  }
});

test('[AD2] behind a reverse proxy every link and the QR code carry the public address, and a browser trains', async ({
  context,
}) => {
  const port = await freePort();
  const proxy = await openReverseProxy(port);
  const flags = ['--port', String(port), '--host', '127.0.0.1', '--public-url', proxy.origin];
  const server = await startServer({ job: JOB, flags: [...flags, '--trusted-proxy', 'loopback'] });
  try {
    expect(server.joinUrl).toBe(`${proxy.origin}/join/${server.job}`);
    expect(server.dashboardUrl).toContain(`${proxy.origin}/dashboard/${server.job}#token=`);
    await expectTraining(context, server);
    const dashboard = await context.newPage();
    await dashboard.goto(server.dashboardUrl);
    await expect(dashboard.getByRole('img', { name: `QR code of ${server.joinUrl}` })).toBeVisible({
      timeout: 30_000,
    });
    await expect(dashboard.getByRole('button', { name: 'Pause' })).toBeVisible();
  } finally {
    await server.close();
    proxy.close();
  }
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
