import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialCheckpoint, type ParamsVersion } from '@manyhands/core';
import { decodeSafetensors, encodeFrame, LIMITS, ROUTES } from '@manyhands/protocol';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Catalog } from '../catalog.ts';
import type { OutsideEvent } from '../host/messages.ts';
import { savedView } from '../job-view.ts';
import { Metrics } from '../metrics.ts';
import { openRun } from '../run.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { bytesOf, sha256Of } from '../store/vector-bytes.ts';
import { tinyJob } from '../testing/tiny-job.ts';
import { unzipped } from '../testing/unzipped.ts';
import { Traffic } from '../traffic.ts';
import { trustIn } from '../trusted-proxies.ts';
import { createHttp } from './app.ts';
import type { HttpLimits } from './http-options.ts';

const TOKEN = 'the token of the test';
const bearer = { authorization: `Bearer ${TOKEN}` };

let webDir: string;
let store: Store;
let catalog: Catalog;
let metrics: Metrics;
let traffic: Traffic;
let app: FastifyInstance;
let asked: OutsideEvent[];
let ready: boolean;
let id: string;

beforeAll(() => {
  webDir = mkdtempSync(join(tmpdir(), 'manyhands-http-'));
  mkdirSync(join(webDir, 'assets'));
  writeFileSync(join(webDir, 'index.html'), 'the pages');
  writeFileSync(join(webDir, 'embed.html'), 'the frame');
  writeFileSync(join(webDir, 'widget.js'), '(()=>{})();');
  writeFileSync(join(webDir, 'assets', 'app-abc123.js'), 'export {};');
});
afterAll(() => rmSync(webDir, { recursive: true }));

beforeEach(async () => {
  store = createMemoryStore();
  const job = tinyJob();
  const { run } = openRun(store, job, false);
  id = run.id;
  traffic = new Traffic();
  catalog = new Catalog(store, { run, dataset: job.dataset, hosted: true }, traffic);
  metrics = new Metrics(traffic);
  asked = [];
  ready = true;
  app = await createApp(catalog);
});
afterEach(async () => {
  await app.close();
  metrics.close();
});

function createApp(of: Catalog, limits: Partial<HttpLimits> = {}): Promise<FastifyInstance> {
  return createHttp({
    limits: { ...LIMITS, ...limits },
    ...{ catalog: of, metrics, traffic, adminToken: TOKEN, webDir, tls: undefined, trust: trustIn([]) },
    isReady: () => ready,
    command: (event) => void asked.push(event),
    serverInfo: () => ({ version: '0', protocol: 1, job: id, reachableUrls: [], forThisMachine: true }),
  });
}

const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'GET', url, headers });

/** What the host would say after this step. */
function publish(version: ParamsVersion, params: readonly number[], state: readonly number[]): void {
  const body = [bytesOf(Float32Array.from(params)), bytesOf(Float32Array.from(state))];
  const elements = params.length + state.length;
  const frame = encodeFrame({
    kind: 'params',
    codec: 'float32',
    version,
    lease: 0,
    samples: 0,
    computeMs: 0,
    elements,
    body,
  });
  catalog.hear({
    type: 'published',
    version: `${version.incarnation}-${version.step}`,
    frame,
    update: undefined,
  });
  const saved = store.newestSaved(id)!;
  const job = savedView(store.runs()[0]!, { ...saved, version });
  catalog.hear({ type: 'live', live: { job: { ...job, hosted: true }, round: null } });
}

describe('What programs read', () => {
  test('[HT1] a job says where it stands and names its newest durable bytes', async () => {
    const { initial } = tinyJob();
    expect((await get(ROUTES.job(id))).json()).toMatchObject({
      id,
      status: 'running',
      hosted: true,
      steps: 5,
      params: 6,
      units: 4,
      batchSamples: 8,
      durable: { version: '1-0', step: 0, paramsSha256: sha256Of(initial.params, initial.state) },
    });
    expect((await get(ROUTES.jobs)).json()).toHaveLength(1);
    expect((await get(ROUTES.program(id))).json()).toMatchObject({ id, batch: { units: 4, unitSamples: 2 } });
    expect((await get(ROUTES.server)).json()).toMatchObject({ job: id });
  });

  test('[HT27] the table of speeds is served as it was saved, and as the host has told it since', async () => {
    const about = { adapter: 'apple metal-3', engine: 'tiny-1', backend: 'cpu' } as const;
    const measurements = [{ account: 'a'.repeat(32), secondsPerSample: 2, at: 9 }];
    expect((await get(ROUTES.speeds(id))).json()).toEqual([]);
    store.saveSpeeds(id, [{ ...about, measurements }]);
    const row = { ...about, secondsPerSample: 2, accounts: 1, measuredAt: 9 };
    expect((await get(ROUTES.speeds(id))).json()).toEqual([row]);
    catalog.hear({ type: 'speeds', rows: [{ ...row, secondsPerSample: 1 }] });
    expect((await get(ROUTES.speeds(id))).json()).toEqual([{ ...row, secondsPerSample: 1 }]);
    expect((await get(ROUTES.speeds('nothing'))).statusCode).toBe(404);
  });

  test('[HT2] history comes in pages', async () => {
    const points = Array.from({ length: 5 }, (_, index) => ({
      index,
      at: 1,
      entry: { kind: 'joined' as const, volunteer: index },
    }));
    store.appendHistory(id, points.slice(0, 3));
    catalog.hear({ type: 'history', points });
    expect((await get(`${ROUTES.history(id)}?from=1&limit=3`)).json()).toEqual(points.slice(1, 4));
    expect((await get(`${ROUTES.history(id)}?limit=0`)).statusCode).toBe(400);
  });

  test('[HT3] every error is a code and a sentence', async () => {
    for (const url of [ROUTES.job('x'), ROUTES.program('x'), ROUTES.history('x'), ROUTES.model('x')]) {
      const response = await get(url);
      expect(response.statusCode).toBe(404);
      expect(response.json()).toMatchObject({
        error: 'job-unknown',
        sentence: expect.stringMatching(/^There is no job x/),
      });
    }
    expect((await get('/nowhere')).json()).toMatchObject({ error: 'not-found' });
    expect((await get(ROUTES.params(id, 'newest'))).json()).toMatchObject({ error: 'bad-parameter' });
  });

  test('[HT4] the API describes itself', async () => {
    const { paths, openapi } = (await get(ROUTES.openapi)).json();
    expect(openapi).toMatch(/^3\./);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/jobs', '/api/jobs/{id}', '/api/jobs/{id}/params/{version}']),
    );
    expect(paths['/api/jobs/{id}'].get.responses['200'].content['application/json'].schema).toBeDefined();
  });

  test('[HT5] machines learn whether it lives, is ready, and how it does', async () => {
    expect((await get('/healthz')).statusCode).toBe(200);
    expect((await get('/readyz')).statusCode).toBe(200);
    ready = false;
    expect((await get('/readyz')).statusCode).toBe(503);
    metrics.refused('not-finite');
    const text = (await get('/metrics')).body;
    expect(text).toContain('manyhands_refusals_total{reason="not-finite"} 1');
    expect(text).toContain('manyhands_event_loop_delay_seconds{thread="io",quantile="0.99"}');
  });

  test('[HT21] an account learns what it has given, as far as that is durable', async () => {
    const { job, initial } = tinyJob();
    const first = initialCheckpoint(job, initial.params, initial.state);
    const version = { incarnation: 1, step: 4 };
    store.saveCheckpoint(id, { ...first, version, earned: new Map([['a'.repeat(32), 12]]) }, []);
    const credit = async (account: string) => (await get(ROUTES.credit(id, account))).json();
    expect(await credit('a'.repeat(32))).toEqual({ units: 12, version: '1-4' });
    expect(await credit('b'.repeat(32))).toEqual({ units: 0, version: '1-4' });
    expect((await get(ROUTES.credit(id, 'somebody'))).statusCode).toBe(400);
    expect((await get(ROUTES.credit('x', 'a'.repeat(32)))).statusCode).toBe(404);
  });

  test('[HT22] machines learn how long checkpoints take, how old the newest is, and whether the disk refuses', async () => {
    const line = async (name: string) =>
      (await get('/metrics')).body.split('\n').find((text) => text.startsWith(`manyhands_${name} `));
    const saved = store.newestSaved(id)!;
    const ahead = { ...saved, version: { ...saved.version, step: 1 } };
    const view = { ...savedView(store.runs()[0]!, ahead), durable: null };
    expect(await line('not_durable_seconds')).toBe('manyhands_not_durable_seconds 0');
    metrics.hear({ type: 'live', live: { job: view, round: null } });
    metrics.hear({ type: 'disk-trouble', sentence: 'The disk is full.' });
    expect(await line('not_durable_seconds')).not.toBe('manyhands_not_durable_seconds 0');
    expect(await line('disk_trouble')).toBe('manyhands_disk_trouble 1');
    metrics.hear({ type: 'saved', version: '1-1', tookMs: 20 });
    metrics.hear({ type: 'disk-well', version: '1-1' });
    expect(await line('disk_trouble')).toBe('manyhands_disk_trouble 0');
    expect(await line('checkpoint_seconds_bucket{le="0.03"}')).toContain(' 1');
  });
});

describe('Models as files', () => {
  test('[HT6] parameters are safetensors by name, with version and hash, cached for ever under their version', async () => {
    publish({ incarnation: 1, step: 1 }, [1, 2, 3, 4, 5, 6], [7, 8]);
    const response = await get(ROUTES.params(id, '1-1'));
    expect(response.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(traffic.down).toBe(response.rawPayload.byteLength);
    const tensors = decodeSafetensors(new Uint8Array(response.rawPayload));
    if (typeof tensors === 'string') throw new Error(tensors);
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['dense/kernel', [2, 2]],
      ['dense/bias', [2]],
      ['norm/moving_mean', [2]],
    ]);
    expect(new Float32Array(new Uint8Array(tensors[1]!.bytes).buffer)).toEqual(Float32Array.of(5, 6));
    const hash = sha256Of(Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(7, 8));
    expect(response.body).toContain(`"__metadata__":{"version":"1-1","paramsSha256":"${hash}"}`);
  });

  test('[HT7] latest is the newest version and is never cached unasked', async () => {
    publish({ incarnation: 1, step: 1 }, [0, 0, 0, 0, 0, 0], [0, 0]);
    publish({ incarnation: 1, step: 2 }, [9, 9, 9, 9, 9, 9], [9, 9]);
    const [latest, second] = [await get(ROUTES.params(id, 'latest')), await get(ROUTES.params(id, '1-2'))];
    expect(latest.headers['cache-control']).toBe('no-cache');
    expect(latest.headers['etag']).toBe('"1-2"');
    expect(latest.rawPayload).toEqual(second.rawPayload);
  });

  test('[HT8] a version that is no longer kept answers 410, one that never was 404', async () => {
    const { job, initial } = tinyJob();
    const first = initialCheckpoint(job, initial.params, initial.state);
    const last = LIMITS.versionsKept + 3;
    for (let step = 1; step <= last; step++) {
      store.saveCheckpoint(id, { ...first, version: { incarnation: 1, step } }, []);
      publish({ incarnation: 1, step }, [1, 2, 3, 4, 5, 6], [7, 8]);
    }
    const statuses = async (...versions: string[]) =>
      Promise.all(versions.map(async (version) => (await get(ROUTES.params(id, version))).statusCode));
    expect(await statuses('1-2', `1-${last}`, '1-4')).toEqual([410, 200, 200]);
    expect(await statuses('1-9999', '2-1', '0-1')).toEqual([404, 404, 404]);
    expect((await get(ROUTES.params(id, '1-2'))).json()).toMatchObject({ error: 'version-gone' });
  });

  test('[HT9] model.json names weights under a versioned path, whose bytes are the vectors', async () => {
    publish({ incarnation: 1, step: 3 }, [1, 2, 3, 4, 5, 6], [7, 8]);
    const model = (await get(ROUTES.model(id))).json();
    expect(model).toMatchObject({ format: 'layers-model', modelTopology: { class_name: 'Sequential' } });
    const [{ paths, weights }] = model.weightsManifest;
    expect(paths).toEqual(['weights-1-3.bin']);
    expect(weights.map(({ name }: { name: string }) => name)).toEqual([
      'dense/kernel',
      'dense/bias',
      'norm/moving_mean',
    ]);
    const file = await get(new URL(paths[0], `http://x${ROUTES.model(id)}`).pathname);
    expect(file.headers['cache-control']).toContain('immutable');
    expect(new Float32Array(new Uint8Array(file.rawPayload).buffer)).toEqual(
      Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    );
  });

  test('[HT25] an archive holds a model.json and the weights that it names, of one version', async () => {
    publish({ incarnation: 1, step: 3 }, [1, 2, 3, 4, 5, 6], [7, 8]);
    const response = await get(ROUTES.archive(id, 'latest'));
    expect(response.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${id}-1-3.zip"`,
      'cache-control': 'no-cache',
      etag: '"1-3"',
    });
    const files = unzipped(response.rawPayload);
    const folder = `${id}-1-3`;
    expect([...files.keys()]).toEqual([`${folder}/model.json`, `${folder}/weights-1-3.bin`]);
    const model = JSON.parse(files.get(`${folder}/model.json`)!.toString());
    expect(model).toEqual((await get(ROUTES.model(id))).json());
    const weights = files.get(`${folder}/${model.weightsManifest[0].paths[0]}`)!;
    expect(weights).toEqual((await get(ROUTES.weights(id, '1-3'))).rawPayload);

    const named = await get(ROUTES.archive(id, '1-3'));
    expect(named.rawPayload).toEqual(response.rawPayload);
    expect(named.headers['cache-control']).toContain('immutable');
    expect((await get(ROUTES.archive(id, '7-7'))).statusCode).toBe(404);
  });

  test('[HT10] samples come in shards, the last one short, and none beyond', async () => {
    const shard = async (set: 'train' | 'evaluation', number: number) => {
      const response = await get(ROUTES.samples(id, set, number));
      const tensors = decodeSafetensors(new Uint8Array(response.rawPayload));
      if (typeof tensors === 'string') throw new Error(tensors);
      return tensors.map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, first: bytes[0] }));
    };
    expect(await shard('train', 1)).toEqual([
      { name: 'inputs', dtype: 'U8', shape: [8, 2], first: 16 },
      { name: 'targets', dtype: 'U8', shape: [8], first: 0 },
    ]);
    expect((await shard('train', 2))[0]!.shape).toEqual([4, 2]);
    expect((await shard('evaluation', 0))[0]!.shape).toEqual([6, 2]);
    expect((await get(ROUTES.samples(id, 'train', 3))).json()).toMatchObject({ error: 'shard-unknown' });
    expect((await get(ROUTES.samples(id, 'train', 0))).headers['cache-control']).toContain('immutable');
  });
});

describe('Commands', () => {
  const order = (command: 'pause' | 'resume' | 'stop', headers: Record<string, string>, job = id) =>
    app.inject({ method: 'POST', url: ROUTES.command(job, command), headers });

  test('[HT11] pause, resume and stop reach the host with the admin token', async () => {
    for (const command of ['pause', 'resume', 'stop'] as const) {
      expect((await order(command, bearer)).statusCode).toBe(204);
    }
    expect(asked.map(({ type }) => type)).toEqual(['pause-asked', 'resume-asked', 'stop-asked']);
  });

  test.each([[{}], [{ authorization: 'Bearer wrong' }], [{ authorization: TOKEN }]])(
    '[HT12] the headers %j are no token',
    async (headers) => {
      const response = await order('pause', headers as Record<string, string>);
      expect(response.statusCode).toBe(401);
      expect(response.json()).toMatchObject({ error: 'token-wrong' });
      expect(asked).toEqual([]);
    },
  );

  test('[HT13] what is not trained here cannot be commanded', async () => {
    const older = store.runs()[0]!;
    store.createRun({ ...older, id: 'older' }, store.newestCheckpoint(id)!.checkpoint);
    await app.close();
    app = await createApp(new Catalog(store, undefined, traffic));
    const response = await order('pause', bearer, 'older');
    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({ error: 'not-trained' });
    expect((await order('pause', bearer, 'nothing')).statusCode).toBe(404);
    expect(asked).toEqual([]);
  });

  test.each(['finished', 'stopped'] as const)(
    '[HT23] of what is %s nothing can be ordered',
    async (status) => {
      publish({ incarnation: 1, step: 1 }, [1, 2, 3, 4, 5, 6], [7, 8]);
      catalog.hear({ type: 'status', status });
      for (const command of ['pause', 'resume', 'stop'] as const) {
        const response = await order(command, bearer);
        expect(response.statusCode).toBe(409);
        expect(response.json()).toMatchObject({ error: 'job-over' });
      }
      expect(asked).toEqual([]);
    },
  );

  test('[HT14] wrong tokens are soon answered with a wait, and the right one is taken all the same', async () => {
    const max = LIMITS.wrongTokensPerMinuteMax;
    const statuses = [];
    for (let i = 0; i <= max; i++) statuses.push((await order('stop', {})).statusCode);
    expect(statuses).toEqual([...Array(max).fill(401), 429]);
    const response = await order('pause', {});
    expect(response.json()).toMatchObject({ error: 'too-many-requests' });
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect((await order('pause', bearer)).statusCode).toBe(204);
    expect(asked).toEqual([{ type: 'pause-asked' }]);
  });
});

describe('A ceiling for each address', () => {
  test('[HT24] bounds what is asked over HTTP, whatever it is, but not what watches over the process', async () => {
    await app.close();
    app = await createApp(catalog, { requestsPerMinuteMax: 3 });
    const urls = [ROUTES.job(id), '/', ROUTES.params(id, 'latest')];
    for (const url of urls) expect((await get(url)).statusCode).toBe(200);
    for (const url of [...urls, ROUTES.samples(id, 'train', 0), ROUTES.widgetScript, ROUTES.openapi]) {
      const response = await get(url);
      expect(response.statusCode).toBe(429);
      expect(response.json()).toMatchObject({
        error: 'too-many-requests',
        sentence: expect.stringMatching(/^Too many requests came from this address: ask again in .+\.$/),
      });
      expect(response.headers['retry-after']).toBe('60');
    }
    expect((await order()).statusCode).toBe(429);
    for (const url of ['/healthz', '/readyz', '/metrics']) expect((await get(url)).statusCode).toBe(200);
    const elsewhere = await app.inject({ method: 'GET', url: urls[0]!, remoteAddress: '203.0.113.9' });
    expect(elsewhere.statusCode).toBe(200);
    expect(elsewhere.headers['x-ratelimit-limit']).toBeUndefined();
  });

  test('[HT24] is wider than what a classroom asks for', () => {
    expect(LIMITS.requestsPerMinuteMax).toBeGreaterThanOrEqual(60 * LIMITS.socketsPerAddressMax);
  });

  const order = () => app.inject({ method: 'POST', url: ROUTES.command(id, 'pause'), headers: bearer });
});

describe('Pages', () => {
  test('[HT15] every path of the application is the one page, and the widget has its own', async () => {
    for (const url of ['/', ROUTES.joinPage(id), ROUTES.dashboardPage(id), ROUTES.trialPage(id)]) {
      expect((await get(url)).body).toBe('the pages');
    }
    expect((await get(ROUTES.embedPage(id))).body).toBe('the frame');
  });

  test('[HT16] what is named by its hash is cached for ever, the rest is asked about', async () => {
    expect((await get('/assets/app-abc123.js')).headers['cache-control']).toContain('immutable');
    expect((await get('/')).headers['cache-control']).toBe('no-cache');
    expect((await get(ROUTES.widgetScript)).headers['cache-control']).toBe('no-cache');
    expect((await get('/assets/gone.js')).json()).toMatchObject({ error: 'not-found' });
  });

  test('[HT17] nobody may frame the pages, everybody the widget', async () => {
    for (const url of ['/', ROUTES.joinPage(id), ROUTES.dashboardPage(id), ROUTES.trialPage(id)]) {
      expect((await get(url)).headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
    const embed = (await get(ROUTES.embedPage(id))).headers;
    expect(embed['content-security-policy']).toContain('frame-ancestors *');
    expect(embed['x-frame-options']).toBeUndefined();
  });

  test('[HT18] the policy lets own scripts, workers and sockets through, and does not ask for https on http', async () => {
    const policy = String((await get('/')).headers['content-security-policy']);
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("worker-src 'self' blob:");
    expect(policy).toContain("connect-src 'self' ws: wss:");
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect((await get('/')).headers['strict-transport-security']).toBeUndefined();
  });

  test('[HT19] other sites may read the API and load the widget, and command nothing', async () => {
    const elsewhere = { origin: 'https://blog.example' };
    for (const url of [ROUTES.job(id), ROUTES.params(id, 'latest'), ROUTES.widgetScript]) {
      const { headers } = await get(url, elsewhere);
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['cross-origin-resource-policy']).toBe('cross-origin');
    }
    expect((await get('/', elsewhere)).headers['access-control-allow-origin']).toBeUndefined();
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: ROUTES.command(id, 'stop'),
      headers: {
        ...elsewhere,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.headers['access-control-allow-methods']).not.toContain('POST');
  });
});
