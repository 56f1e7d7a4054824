import { createServer } from 'node:net';
import { type JobView, ROUTES } from '@manyhands/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import { StartError } from './start-error.ts';
import { mountSmallDisk } from './testing/small-disk.ts';
import { tinyJob } from './testing/tiny-job.ts';
import { newFolder, removeFolders, startTiny, type TinyServer } from './testing/tiny-server.ts';
import { work } from './testing/tiny-volunteer.ts';

afterAll(removeFolders);

/** Trains the tiny job to its end with this many volunteers. */
async function trained(volunteers: number) {
  const server = await startTiny();
  const crowd = await Promise.all(Array.from({ length: volunteers }, () => work(server.url, server.jobId!)));
  await server.finished;
  const view = await server.view();
  for (const one of crowd) one.stop();
  await server.close();
  return view;
}

describe('A job on a server', () => {
  test('[SV1] it is trained to its end, measured, and its end is durable', async () => {
    const view = await trained(1);
    expect(view).toMatchObject({ status: 'finished', step: 5, durable: { step: 5, version: view.version } });
    expect(view.evaluation).toMatchObject({ step: 5, samples: 6, metric: 0.5 });
  });

  test('[SV2] one volunteer and three leave the same bytes', async () => {
    const [alone, together] = [await trained(1), await trained(3)];
    expect(together.durable?.paramsSha256).toBe(alone.durable?.paramsSha256);
  });

  test('[SV3] after a close in the middle it goes on under a new incarnation, to the same bytes', async () => {
    const unbroken = await trained(1);
    const dataDir = newFolder();
    const before = await startTiny({ dataDir });
    const volunteer = await work(before.url, before.jobId!);
    let view = await before.view();
    while (view.step < 2) view = await before.view();
    await before.close();
    volunteer.stop();

    const after = await startTiny({ dataDir });
    const resumed = await after.view();
    expect(after.jobId).toBe(before.jobId);
    expect(resumed.version).toMatch(/^2-/);
    expect(resumed.step).toBeGreaterThanOrEqual(2);
    expect(resumed.durable?.version).toBe(resumed.version);
    const other = await work(after.url, after.jobId!);
    await after.finished;
    expect((await after.view()).durable?.paramsSha256).toBe(unbroken.durable?.paramsSha256);
    other.stop();
    await after.close();
  });

  test('[SV4] a finished job says so, is served, and is trained again only as a new run', async () => {
    const dataDir = newFolder();
    const first = await startTiny({ dataDir });
    const volunteer = await work(first.url, first.jobId!);
    await first.finished;
    await first.close();
    volunteer.stop();

    const again = await startTiny({ dataDir });
    expect(await again.view()).toMatchObject({ status: 'finished', hosted: false, version: '1-5' });
    await again.finished;
    const late = await work(again.url, again.jobId!);
    expect(late.answer).toMatchObject({ joined: false, refusal: 'job-over' });
    late.stop();
    await again.close();

    const fresh = await startTiny({ dataDir, fresh: true });
    expect(fresh.jobId).toBe(`${first.jobId}-2`);
    expect(await fresh.view()).toMatchObject({ status: 'running', step: 0, version: '1-0' });
    expect(await fresh.view(first.jobId)).toMatchObject({ status: 'finished', hosted: false, step: 5 });
    await fresh.close();
  });

  test('[SV14] a stopped job has ended: it says so, is only served, and is trained again only as a new run', async () => {
    const dataDir = newFolder();
    const first = await startTiny({ dataDir });
    const order = (server: TinyServer, command: 'pause' | 'resume' | 'stop') =>
      fetch(new URL(ROUTES.command(server.jobId!, command), server.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${server.adminToken}` },
      });
    expect((await order(first, 'stop')).status).toBe(204);
    expect(await first.finished).toEqual({ outcome: 'stopped' });
    expect(first.job()).toMatchObject({ status: 'stopped', durable: { version: '1-0' } });
    for (const command of ['pause', 'resume', 'stop'] as const) {
      expect((await order(first, command)).status).toBe(409);
    }
    await first.close();

    const again = await startTiny({ dataDir });
    expect(await again.view()).toMatchObject({ status: 'stopped', hosted: false, version: '1-0' });
    expect(await again.finished).toEqual({ outcome: 'stopped' });
    const late = await work(again.url, again.jobId!);
    expect(late.answer).toMatchObject({ joined: false, refusal: 'job-over' });
    late.stop();
    expect((await order(again, 'resume')).status).toBe(409);
    await again.close();

    const fresh = await startTiny({ dataDir, fresh: true });
    expect(await fresh.view()).toMatchObject({ id: `${first.jobId}-2`, status: 'running' });
    await fresh.close();
  });

  test('[SV5] a changed job is a new run beside the old', async () => {
    const dataDir = newFolder();
    const old = await startTiny({ dataDir });
    await old.close();
    const changed = await startTiny({ dataDir, job: tinyJob({ seed: 8 }) });
    expect(changed.jobId).not.toBe(old.jobId);
    const jobs = (await (await changed.get('/api/jobs')).json()) as { id: string }[];
    expect(jobs.map(({ id }) => id)).toEqual([changed.jobId, old.jobId]);
    await changed.close();
  });

  test('[SV15] a job whose words changed is the same run, and is spoken of in the new ones', async () => {
    const dataDir = newFolder();
    const before = await startTiny({ dataDir });
    const volunteer = await work(before.url, before.jobId!);
    await before.close();
    volunteer.stop();

    const job = tinyJob();
    const about = { ...job.program.about, title: 'Tiny, again', operator: 'Somebody else' };
    const renamed = { ...job, program: { ...job.program, about, trial: 'values' as const } };
    const after = await startTiny({ dataDir, job: renamed });
    expect(after.jobId).toBe(before.jobId);
    expect(await after.view()).toMatchObject({ about, trial: 'values' });
    const program = await (await after.get(ROUTES.program(after.jobId!))).json();
    expect(program).toEqual({ ...renamed.program, id: after.jobId });
    const other = await work(after.url, after.jobId!);
    await after.finished;
    expect(await after.view()).toMatchObject({ status: 'finished', about });
    await after.close();
    other.stop();

    const ended = await startTiny({ dataDir });
    expect(await ended.view()).toMatchObject({ status: 'finished', about: job.program.about });
    await ended.close();
  });

  test('[SV6] the links of a person carry the token in the fragment, and it lasts over a restart', async () => {
    const dataDir = newFolder();
    const one = await startTiny({ dataDir });
    await one.close();
    const two = await startTiny({ dataDir, publicUrl: 'https://many.example' });
    expect(two.adminToken).toBe(one.adminToken);
    expect(two.joinUrl).toBe(`https://many.example/join/${two.jobId}`);
    expect(two.dashboardUrl).toBe(`https://many.example/dashboard/${two.jobId}#token=${one.adminToken}`);
    await two.close();
  });
});

describe('A server that cannot start says why in one sentence', () => {
  test('[SV7] a port in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const start = startTiny({ port });
    await expect(start).rejects.toThrow(StartError);
    await expect(start).rejects.toThrow(`Port ${port} is in use`);
    other.close();
  });

  test('[SV16] an address that no link can hold', async () => {
    await expect(startTiny({ host: 'fe80::1%lo' })).rejects.toThrow('fe80::1%lo cannot stand in a link');
  });

  test('[SV8] a data folder that another server uses', async () => {
    const dataDir = newFolder();
    const first = await startTiny({ dataDir });
    await expect(startTiny({ dataDir })).rejects.toThrow(/is in use by another server/);
    await first.close();
    await (await startTiny({ dataDir })).close();
  });

  test('[SV9] a data folder that cannot be written', async () => {
    await expect(startTiny({ dataDir: '/dev/null/data', webDir: newFolder() })).rejects.toThrow(
      /cannot be used/,
    );
  });

  test('[SV10] a certificate that is none, and the folder is free again', async () => {
    const dataDir = newFolder();
    const tls = { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' };
    await expect(startTiny({ dataDir, tls })).rejects.toThrow('The file /nowhere/cert.pem cannot be read');
    await (await startTiny({ dataDir })).close();
  });
});

test('[HO4] when the disk of a server is full, training goes on, and with room it is durable again', async ({
  skip,
}) => {
  const disk = mountSmallDisk();
  if (typeof disk === 'string') return skip(disk);
  const server = await startTiny({
    dataDir: disk.folder,
    webDir: newFolder(),
    job: tinyJob({ steps: 1_000_000 }),
  });
  const volunteer = await work(server.url, server.jobId!);
  try {
    const until = async (holds: (job: JobView) => boolean) => {
      let view = await server.view();
      while (!holds(view)) view = await server.view();
      return view;
    };
    await until(({ durable }) => durable !== null && durable.step > 0);
    disk.fill();
    const metrics = async () => (await server.get('/metrics')).text();
    while (!/^manyhands_disk_trouble 1$/m.test(await metrics())) await server.view();
    const { step } = await server.view();
    const full = await until((job) => job.step > step + 20);
    expect(full.status).toBe('running');
    expect(full.durable!.step).toBeLessThanOrEqual(step);
    disk.makeRoom();
    await until(({ durable }) => durable !== null && durable.step > full.step);
  } finally {
    volunteer.stop();
    await server.close();
    disk.unmount();
  }
});
