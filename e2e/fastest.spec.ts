import {
  type JoinAnswer,
  PROTOCOL_VERSION,
  ROUTES,
  SOCKET_PATH,
  type SpeedMessage,
  type SpeedRow,
} from '@manyhands/protocol';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { io } from 'socket.io-client';
import { OUTLASTING, type RunningServer, startServer } from './running-server.ts';

/** Somebody says yes and asks for no engine, with as much of the device as there is. */
async function openTab(context: BrowserContext, server: RunningServer): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.joinUrl);
  await page.getByRole('button', { name: 'Yes, help with this device' }).click();
  await page.getByRole('slider').fill('100');
  return page;
}

async function table(server: RunningServer): Promise<readonly SpeedRow[]> {
  return (await (await fetch(new URL(ROUTES.speeds(server.job), server.origin))).json()) as SpeedRow[];
}

/** Joins as somebody who computes nothing, says this of its speed, and leaves when it is in the table. */
async function tell(server: RunningServer, speeds: readonly SpeedMessage[]): Promise<void> {
  const program = await (await fetch(new URL(ROUTES.program(server.job), server.origin))).json();
  const { layoutHash } = program as { readonly layoutHash: string };
  const socket = io(server.origin, { path: SOCKET_PATH, transports: ['websocket'] });
  try {
    const device = { engine: 'none', backend: 'cpu', vendor: '', architecture: '' };
    const join = { protocol: PROTOCOL_VERSION, job: server.job, layoutHash, device, account: 'f'.repeat(32) };
    const answer = (await socket.emitWithAck('join', join)) as JoinAnswer;
    expect(answer.joined).toBe(true);
    for (const speed of speeds) socket.emit('measured', speed);
    await expect.poll(async () => (await table(server)).length).toBe(speeds.length);
  } finally {
    socket.disconnect();
  }
}

test('[FE1] a tab that a wrong table starts on a slow engine ends on a faster one, and the next one starts on that', async ({
  browser,
}) => {
  const server = await startServer({ job: 'examples/mnist/mlp', flags: OUTLASTING });
  const [first, second] = [await browser.newContext(), await browser.newContext()];
  try {
    const looking = await first.newPage();
    await looking.goto(server.joinUrl);
    const adapter = await looking.evaluate(async () => {
      const { vendor, architecture } = (await navigator.gpu.requestAdapter())!.info;
      return [vendor, architecture].filter((part) => part !== '').join(' ');
    });
    await looking.close();
    // Both are far from the truth, and the wrong one is first.
    await tell(server, [
      { adapter, engine: 'tfjs-4.22.0', backend: 'cpu', secondsPerSample: 1e-8 },
      { adapter, engine: 'jax-js-0.1.25', backend: 'wasm', secondsPerSample: 2e-8 },
    ]);

    const tab = await openTab(first, server);
    const name = tab.locator('.device dd').first();
    await expect(name).toContainText('CPU', { timeout: 60_000 });
    const note = tab.locator('.engine-note');
    await expect(note).toHaveText(
      /^This device changed to WebAssembly \(jax-js\), which is .* times as fast here/,
      {
        timeout: 120_000,
      },
    );
    await expect(name).toContainText('WASM');
    const { step } = await server.view();
    await server.until('steps with the faster engine', (job) => job.step > step + 1);
    await expect
      .poll(async () => (await table(server)).map(({ accounts }) => accounts), { timeout: 10_000 })
      .toEqual([2, 2]);
    await tab.close();

    const next = await openTab(second, server);
    await expect(next.locator('.device dd').first()).toContainText('WASM', { timeout: 60_000 });
    await expect
      .poll(async () => (await server.rows()).map(({ engine, backend }) => [engine, backend]))
      .toEqual([['jax-js-0.1.25', 'wasm']]);
    await expect(next.locator('.engine-note')).toHaveCount(0);

    // Who was here before need not ask: it remembers.
    await next.close();
    const again = await openTab(first, server);
    await expect(again.locator('.device dd').first()).toContainText('WASM', { timeout: 60_000 });
  } finally {
    await first.close();
    await second.close();
    await server.close();
  }
});
