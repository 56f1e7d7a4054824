import { expect, type Page, test } from '@playwright/test';
import { loadJob } from 'manyhands';
import { type RunningServer, startServer } from './running-server.ts';
import { serveFolder } from './served-folder.ts';
import type { SoloQuestion } from './solo/solo.worker.ts';
import { GENTLY, openVolunteer, setIntensity, WEBGPU } from './volunteer-tab.ts';

const JOB = 'e2e/jobs/exact';
const STEPS = 8;

/** Starts the job anew, lets `work` bring volunteers, and returns the hash of what they trained. */
async function train(work: (server: RunningServer) => Promise<void>): Promise<string> {
  const server = await startServer({ job: JOB, flags: ['--steps', String(STEPS)] });
  try {
    await work(server);
    const { durable } = await server.until('the end', ({ status }) => status === 'finished');
    expect(durable?.step).toBe(STEPS);
    return durable!.paramsSha256;
  } finally {
    await server.close();
  }
}

test('[EX1] one tab, three tabs, tabs that come and go, and one machine alone end with the same bytes', async ({
  context,
}) => {
  // Five trainings, one after the other.
  test.setTimeout(600_000);
  const one = await train(async (server) => {
    await openVolunteer(context, server);
  });

  const three = await train(async (server) => {
    const tabs = [];
    for (let i = 0; i < 3; i++) tabs.push(await openVolunteer(context, server, WEBGPU, GENTLY));
    // Nobody was done before all of them were there.
    await server.until('three volunteers', ({ volunteers }) => volunteers.connected === 3);
    for (const tab of tabs) await setIntensity(tab, 100);
  });

  const coming = await train(async (server) => {
    const first = await openVolunteer(context, server, WEBGPU, GENTLY);
    await server.until('the second step', ({ step }) => step >= 2);
    await openVolunteer(context, server, WEBGPU, GENTLY);
    await first.close();
    await server.until('the fourth step', ({ step }) => step >= 4);
    await openVolunteer(context, server);
  });

  const alone = await trainAlone(await context.newPage(), [1, 4]);

  expect(three).toBe(one);
  expect(coming).toBe(one);
  expect(alone).toEqual([one, one]);
});

/** The hashes of the same training in one page without a server in the loop, computed in blocks of these sizes. */
async function trainAlone(page: Page, blocks: readonly number[]): Promise<string[]> {
  const server = await startServer({ job: JOB });
  const solo = await serveFolder('dist/solo');
  try {
    await page.goto(solo.origin);
    const { job } = await loadJob(JOB);
    const hashes = [];
    for (const blockUnits of blocks) {
      const question: SoloQuestion = {
        server: server.origin,
        job: server.job,
        from: '1-0',
        optimizer: job.optimizer,
        steps: STEPS,
        blockUnits,
        engine: WEBGPU,
      };
      const { paramsSha256, backend } = await page.evaluate((asked) => window.trainAlone(asked), question);
      expect(backend).toBe('webgpu');
      hashes.push(paramsSha256);
    }
    return hashes;
  } finally {
    await solo.close();
    await server.close();
  }
}
