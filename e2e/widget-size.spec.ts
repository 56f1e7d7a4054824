/** What the widget costs a page that embeds it, before anybody has said yes: counted where it is paid, in a browser. */

import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { serveHostPage } from './host-page.ts';
import { startServer } from './running-server.ts';

const LOADER_BYTES_MAX = 5_000;
const FRAME_BYTES_MAX = 25_000;

test('[EM13] before the yes the loader is at most 5 KB and the frame at most 25 KB, gzipped', async ({
  context,
}) => {
  const server = await startServer({ job: 'examples/iris' });
  const host = await serveHostPage(server);
  try {
    const page = await context.newPage();
    const fetched: Promise<readonly [path: string, bytes: number]>[] = [];
    page.on('response', (response) => {
      const { origin, pathname } = new URL(response.url());
      if (origin !== server.origin) return;
      fetched.push(response.body().then((body) => [pathname, gzipSync(body).byteLength]));
    });
    await page.goto(host.origin, { waitUntil: 'networkidle' });
    await expect.poll(() => page.frames().length).toBe(2);
    await page.frames()[1]!.getByRole('button', { name: 'Yes, help with this device' }).waitFor();
    await page.waitForLoadState('networkidle');

    const sizes = await Promise.all(fetched);
    const of = (loader: boolean) => sizes.filter(([path]) => (path === '/widget.js') === loader);
    const sum = (files: typeof sizes) => files.reduce((total, [, bytes]) => total + bytes, 0);
    // What was not fetched would be small, too.
    expect(of(true)).toHaveLength(1);
    const paths = of(false).map(([path]) => path);
    expect(paths).toContain(`/embed/${server.job}`);
    expect(paths.filter((path) => path.endsWith('.js'))).not.toEqual([]);
    expect(paths.filter((path) => path.endsWith('.css'))).not.toEqual([]);
    expect(sum(of(true)), JSON.stringify(of(true))).toBeLessThanOrEqual(LOADER_BYTES_MAX);
    expect(sum(of(false)), JSON.stringify(of(false))).toBeLessThanOrEqual(FRAME_BYTES_MAX);
  } finally {
    await host.close();
    await server.close();
  }
});
