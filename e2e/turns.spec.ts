/** A job that asks to be exact and is helped by two classes of device: two engines in one browser. */

import { type DeviceClass, sameDevice } from '@manyhands/core';
import { expect, type Page, test } from '@playwright/test';
import { loadJob } from 'manyhands';
import { faultsOf } from './faults.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { serveFolder } from './served-folder.ts';
import type { SoloQuestion } from './solo/solo.worker.ts';
import { historyFrom } from './trouble.ts';
import { GENTLY, openVolunteer } from './volunteer-tab.ts';

const JOB = 'e2e/jobs/turns';
const [FIRST, SECOND] = ['tfjs-cpu', 'jax-wasm'] as const;

test('[XC19, UI1] of two classes one computes, the other is told why it waits, on a page that passes axe, and goes on when the first leaves, and the bytes are those of one machine of the one and then of the other', async ({
  context,
}) => {
  const server = await startServer({ job: JOB });
  try {
    // Every step of theirs is computed again, three times over.
    const first = await openVolunteer(context, server, FIRST, GENTLY);
    const { exact } = await server.until('the first step', ({ step }) => step >= 1);
    const serving = exact!.serving!;
    const second = await openVolunteer(context, server, SECOND, GENTLY);
    await expect(second.getByRole('heading', { name: 'Waiting for its turn' })).toBeVisible({
      timeout: 60_000,
    });
    await expect(second.getByText('One kind of device at a time')).toBeVisible();
    await expect(second.locator('.device')).toContainText(new RegExp(`Has its turn now.*${serving.engine}`));
    expect(await faultsOf(second)).toEqual([]);
    const { step } = await server.view();
    const ofFirst = await server.until('a durable step more', ({ durable }) => (durable?.step ?? 0) > step);
    expect(await unitsOf(server, (device) => sameDevice(device, serving))).toBeGreaterThan(0);
    expect(await unitsOf(server, (device) => !sameDevice(device, serving))).toBe(0);

    await first.close();
    await expect(second.getByRole('heading', { name: 'Helping', exact: true })).toBeVisible();
    const changed = await server.until('another class', (job) => !sameDevice(job.exact!.serving!, serving));
    const ofBoth = await server.until(
      'durable steps of it',
      ({ durable }) => durable!.step >= changed.step + 5,
    );
    const changes = await classChanges(server);
    expect(changes).toEqual([
      { kind: 'class-changed', step: 0, to: serving, units: 0 },
      expect.objectContaining({ from: serving, to: changed.exact!.serving }),
    ]);

    await second.close();
    const atStep = changes[1]!.step;
    await onOneMachine(await context.newPage(), async (train) => {
      expect(await train(ofFirst.durable!.step)).toBe(ofFirst.durable!.paramsSha256);
      const { step: steps, paramsSha256 } = ofBoth.durable!;
      expect(await train(steps, { engine: SECOND, atStep })).toBe(paramsSha256);
      // Else the two classes were one.
      expect(await train(steps)).not.toBe(paramsSha256);
    });
  } finally {
    await server.close();
  }
});

async function unitsOf(server: RunningServer, isMeant: (device: DeviceClass) => boolean): Promise<number> {
  return (await server.rows()).filter(isMeant).reduce((sum, { units }) => sum + units, 0);
}

async function classChanges(server: RunningServer) {
  const points = await historyFrom(server, 0);
  return points.flatMap(({ entry }) => (entry.kind === 'class-changed' ? [entry] : []));
}

/** The hash after so many steps of the same training without volunteers; another engine may take over. */
type TrainAlone = (steps: number, takesOver?: SoloQuestion['takesOver']) => Promise<string>;

async function onOneMachine(page: Page, use: (train: TrainAlone) => Promise<void>): Promise<void> {
  const server = await startServer({ job: JOB });
  const solo = await serveFolder('dist/solo');
  try {
    await page.goto(solo.origin);
    const { job } = await loadJob(JOB);
    await use(async (steps, takesOver) => {
      const question: SoloQuestion = {
        ...{ server: server.origin, job: server.job, from: '1-0', optimizer: job.optimizer },
        ...{ steps, blockUnits: 8, engine: FIRST },
        ...(takesOver === undefined ? {} : { takesOver }),
      };
      return (await page.evaluate((asked) => window.trainAlone(asked), question)).paramsSha256;
    });
  } finally {
    await solo.close();
    await server.close();
  }
}
