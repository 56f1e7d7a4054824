import { completeOptimizerSpec, contributionCodec, fingerprint, updateCodec } from '@manyhands/core';
import { decodeFrame, encodeFrame, type Frame, type JobProgram } from '@manyhands/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PLAIN_CONDITIONS } from './governor.ts';
import { Hand } from './hand.ts';
import { residualRun } from './lossy.ts';
import { choiceOf, countingEngine, countingEngines, littleDownload, PROGRAM } from './testing/little-job.ts';
import { createMemoryServer } from './testing/memory-server.ts';
import { residualBrowser } from './testing/residuals.ts';
import { type Heard, type ServerEnd, WELCOME } from './testing/server-end.ts';
import { CPU } from './testing/session-driver.ts';
import type { EngineSearch, WorkshopPorts } from './workshop.ts';

const HALVES = { kind: 'float16' } as const;
const UNKNOWN = { joined: false, refusal: 'session-unknown', sentence: 'Join anew.' };

describe('a hand', () => {
  let server: ServerEnd;
  let program: JobProgram;
  let download: ReturnType<typeof littleDownload>;
  let shop: ReturnType<typeof countingEngines>;
  let hand: Hand;
  let nowMs: number;
  let ring: (() => void) | undefined;
  let changed: () => void;
  let browser: ReturnType<typeof residualBrowser>;

  beforeEach(() => {
    server = createMemoryServer();
    program = PROGRAM;
    download = littleDownload(() => program);
    shop = countingEngines();
    nowMs = 0;
    changed = () => {};
    browser = residualBrowser();
    hand = handWith({ search: 'none' }, shop.openEngine);
  });
  afterEach(() => server.close());

  function handWith(search: EngineSearch, openEngine: WorkshopPorts['openEngine']): Hand {
    return new Hand(
      { server: 'http://server', job: 'little', account: '0'.repeat(32), conditions: PLAIN_CONDITIONS },
      {
        download,
        openEngine,
        search,
        residuals: browser.openStore(),
        openConnection: server.open,
        now: () => nowMs,
        random: () => 0,
        setAlarm: (_delayMs, wake) => {
          ring = wake;
          return () => {
            ring = undefined;
          };
        },
        onChange: () => changed(),
      },
    );
  }

  /** Resolves at the first moment at which this holds. */
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      changed = () => holds() && resolve();
      changed();
    });
  const phase = () => hand.mirror().phase;
  const assign = (lease: number, changes = {}) =>
    server.say('assign', {
      ...{ lease, kind: 'train', version: '1-5', first: 2, count: 2, deadlineInMs: 1_000 },
      ...changes,
    });
  const params = (step: number, elements = 4) =>
    server.say(
      'params',
      encodeFrame({
        ...{
          kind: 'params',
          codec: 'float32',
          version: { incarnation: 1, step },
          lease: 0,
          samples: 0,
          computeMs: 0,
          elements,
        },
        body: new Uint8Array(new Float32Array(elements).fill(step).buffer),
      }),
    );

  async function join(): Promise<void> {
    hand.tell({ type: 'consented' });
    expect((await server.next())[0]).toBe('join');
    expect(await server.next()).toEqual(['subscribe']);
    expect(await server.next()).toEqual(['pull']);
    expect(await server.next()).toEqual(['pull']);
  }

  /** The next message of this name; others are passed over. */
  async function next(name: string): Promise<Heard> {
    for (;;) {
      const heard = await server.next();
      if (heard[0] === name) return heard;
    }
  }

  /** The line breaks and another is opened, to a server that answers so to who wants to resume. */
  async function breakLine(answer: unknown = UNKNOWN): Promise<void> {
    server.joinAnswer = answer;
    server.drop();
    await until(() => phase().at === 'connecting');
    nowMs += 1_000;
    ring!();
    expect(await next('join')).toMatchObject(['join', { resume: WELCOME.token }]);
    server.joinAnswer = WELCOME;
  }

  test('[HA1] nothing is fetched, opened or said before consent', async () => {
    await Promise.resolve();
    expect([download.asked, shop.engines, phase()]).toEqual([[], [], { at: 'asking' }]);
  });

  test('[HA2] one line in, one frame out: the engine’s numbers under the lease that asked for them', async () => {
    await join();
    assign(7);
    const [name, bytes] = await server.next();
    expect(name).toBe('contribute');
    const frame = decodeFrame(bytes as Uint8Array);
    expect(frame).toMatchObject({
      ...{ kind: 'contribution', version: { incarnation: 1, step: 5 }, lease: 7, samples: 4, elements: 6 },
    });
    if (typeof frame === 'string') return;
    expect(new Float32Array(frame.body.slice().buffer)).toEqual(Float32Array.of(5, 4, 2, -5, 4, 5));
    server.say('receipt', { lease: 7, accepted: true });
    await until(() => hand.mirror().given.units > 0);
    expect(hand.mirror()).toMatchObject({ volunteer: 3, given: { units: 2, samples: 4, rounds: 1 } });
  });

  test('[HA3] an evaluation is over the held-out samples of its unit, the last cut short', async () => {
    await join();
    assign(8, { kind: 'evaluate', first: 1, count: 1 });
    expect(await server.next()).toEqual(['evaluated', { lease: 8, lossSum: 5, metricSum: 4, samples: 1 }]);
    server.say('receipt', { lease: 8, accepted: true });
    await until(() => hand.mirror().given.units > 0);
    expect(hand.mirror().given.samples).toBe(1);
  });

  test('[HA4] the parameters of a frame are those of the next computation', async () => {
    await join();
    params(6);
    assign(9, { version: '1-6' });
    const [, bytes] = await server.next();
    const frame = decodeFrame(bytes as Uint8Array);
    expect(frame).toMatchObject({ version: { step: 6 } });
    if (typeof frame !== 'string') expect(new Float32Array(frame.body.slice().buffer)[0]).toBe(6);
  });

  /** From version 1-5, whose parameters are [5, 5, 5], every update adds 1 to the first. */
  const update = (step: number, first = step) => {
    const due = fingerprint(Float32Array.of(first, 5, 5));
    const { encode } = updateCodec(HALVES, { params: 3, state: 1 });
    server.say(
      'params',
      encodeFrame({
        ...{ kind: 'update', codec: 'float16', version: { incarnation: 1, step } },
        ...{ lease: 0, samples: 0, computeMs: 0, elements: 4 },
        body: [Buffer.from(due, 'hex'), encode(Float32Array.of(1, 0, 0, -step), 0)],
      }),
    );
  };
  const firstNumber = async () => {
    const [, bytes] = await next('contribute');
    const frame = decodeFrame(bytes as Uint8Array) as Frame;
    return new Float32Array(frame.body.slice().buffer)[0];
  };

  test('[HA15] updates make the parameters of the next computation', async () => {
    program = { ...PROGRAM, updates: HALVES };
    await join();
    update(6);
    update(7);
    assign(9, { version: '1-7' });
    expect(await firstNumber()).toBe(7);
  });

  test('[HA15] updates that come while the parameters are fetched wait for them', async () => {
    program = { ...PROGRAM, updates: HALVES };
    let open = () => {};
    download.gate = new Promise((resolve) => {
      open = resolve;
    });
    hand.tell({ type: 'consented' });
    expect(await next('join')).toBeDefined();
    update(6);
    update(7);
    open();
    expect(await next('pull')).toBeDefined();
    assign(9, { version: '1-7' });
    expect(await firstNumber()).toBe(7);
  });

  test('[HA15] who has drifted takes the whole parameters', async () => {
    program = { ...PROGRAM, updates: HALVES };
    await join();
    update(6, 100);
    assign(9, { version: '1-6' });
    expect(await firstNumber()).toBe(6);
    expect(download.asked.filter((path) => path.startsWith('/params'))).toEqual([
      '/params/1-5',
      '/params/1-6',
    ]);
  });

  test('[HA15] an update to a job that has none is refused', async () => {
    await join();
    update(6);
    await until(() => phase().at === 'refused');
  });

  test('[HA18] the first version is drawn and not downloaded, and says nothing of the line', async () => {
    const drawn = {
      initializers: [5, 5, -5].map((value) => ({ kind: 'constant' as const, value })),
      fingerprint: fingerprint(Float32Array.of(5, 5, 5, -5)),
    };
    program = { ...PROGRAM, model: { ...PROGRAM.model, drawn } };
    server.joinAnswer = { ...WELCOME, version: '1-0' };
    hand.tell({ type: 'consented' });
    expect((await server.next())[0]).toBe('join');
    expect([await server.next(), await server.next()]).toEqual([['pull'], ['pull']]);
    assign(9, { version: '1-0' });
    expect(await firstNumber()).toBe(5);
    expect(download.asked.filter((path) => path.startsWith('/params'))).toEqual([]);
    assign(10, { version: '1-1' });
    expect(await next('subscribe')).toBeDefined();
    expect(download.asked).toContain('/params/1-1');
  });

  test('[HA5] a new session asks for the program again, keeps the engine if it is the same, and not the parameters', async () => {
    await join();
    await breakLine();
    expect((await server.next())[0]).toBe('join');
    expect(await server.next()).toEqual(['subscribe']);
    expect(await server.next()).toEqual(['pull']);
    expect(shop.engines).toHaveLength(1);
    expect(download.asked).toEqual(['/program', '/params/1-5', '/program', '/params/1-5']);
  });

  test('[HA5] and opens another engine if it is not', async () => {
    await join();
    program = { ...PROGRAM, seed: 2 };
    await breakLine();
    expect((await server.next())[0]).toBe('join');
    expect(shop.engines.map(({ disposed }) => disposed)).toEqual([true, false]);
  });

  test('[HA9] an answer outlives its line: made while there was none, or sent and not heard of', async () => {
    await join();
    assign(7);
    const [, first] = await server.next();
    await breakLine({ ...WELCOME, leases: [{ lease: 7, received: 0 }] });
    expect(await next('contribute')).toEqual(['contribute', first]);
    expect(download.asked.filter((path) => !path.startsWith('/samples'))).toEqual([
      '/program',
      '/params/1-5',
    ]);
    let open = () => {};
    shop.engines[0]!.gate = new Promise((resolve) => {
      open = resolve;
    });
    assign(8);
    await until(() => phase().at === 'working');
    const resumed = breakLine({ ...WELCOME, leases: [{ lease: 8, received: 0 }] });
    open();
    await resumed;
    const [, second] = await next('contribute');
    expect(decodeFrame(second as Uint8Array)).toMatchObject({ lease: 8, samples: 4 });
  });

  test('[HA11] an answer whose round is over is sent where it fits into one message, and not where it is longer', async () => {
    await join();
    const sent: unknown[] = [];
    const note = ([name, bytes]: Heard) => {
      expect(name).toBe('contribute');
      sent.push(decodeFrame(bytes as Uint8Array));
    };
    for (const [step, elements] of [
      [6, 6],
      [7, 70_000],
      [8, 6],
    ] as const) {
      let open = () => {};
      shop.engines[0]!.gate = new Promise((resolve) => {
        open = resolve;
      });
      const { gradient } = shop.engines[0]!;
      shop.engines[0]!.gradient = async (...work) => {
        await gradient.apply(shop.engines[0], work);
        return new Float32Array(elements);
      };
      assign(step, { version: `1-${step - 1}` });
      await until(() => phase().at === 'working');
      params(step);
      for (let heard = await server.next(); heard[0] !== 'pull'; heard = await server.next()) note(heard);
      open();
      await until(() => phase().at === 'waiting');
      shop.engines[0]!.gradient = gradient;
    }
    note(await server.next());
    expect(sent).toMatchObject([{ lease: 6 }, { lease: 8 }]);
  });

  test('[HA6] a device lost in the middle of a unit gives the unit back, and another device goes on', async () => {
    await join();
    shop.engines[0]!.gate = new Promise(() => {});
    assign(7);
    await until(() => phase().at === 'working');
    shop.engines[0]!.lose();
    expect(await server.next()).toEqual(['release', { lease: 7 }]);
    expect(await server.next()).toEqual(['pull']);
    assign(10);
    expect((await server.next())[0]).toBe('contribute');
    expect(shop.engines.map(({ disposed }) => disposed)).toEqual([true, false]);
    hand.tell({ type: 'stop-asked' });
    await hand.retired;
    expect(shop.engines.map(({ disposed }) => disposed)).toEqual([true, true]);
  });

  test('[HA12] what is measured is told to the server, and another engine is tried between leases and joins as what it is', async () => {
    const search = { search: 'fastest', remembered: [], remember: () => {} } as const;
    hand = handWith(search, async (_program, _report, { only }) => {
      const engine = countingEngine();
      const gradient = engine.gradient.bind(engine);
      engine.gradient = (...asked) => {
        nowMs += only === undefined ? 400 : 40;
        return gradient(...asked);
      };
      if (only !== undefined) Object.assign(engine, { name: only, device: CPU });
      return { engine, choice: { ...choiceOf(engine.device), others: ['jax-wasm'] } };
    });
    await join();
    const work = async (lease: number) => {
      assign(lease, { deadlineInMs: 60_000 });
      await next('contribute');
      server.say('receipt', { lease, accepted: true });
    };
    for (let lease = 1; lease <= 4; lease++) await work(lease);
    const speed = { adapter: 'v a', backend: 'webgpu', engine: 'tfjs-4.22.0', secondsPerSample: 0.1 };
    expect(await next('measured')).toEqual(['measured', speed]);
    for (let lease = 5; lease <= 6; lease++) await work(lease);
    const other = { adapter: 'v a', backend: 'wasm', engine: 'jax-js-0.1.25', secondsPerSample: 0.01 };
    expect(await server.next()).toEqual(['leave']);
    expect(await next('join')).toMatchObject(['join', { device: CPU }]);
    expect(await next('measured')).toEqual(['measured', other]);
    expect(hand.mirror().engineNote).toMatch(/^This device changed to WebAssembly \(jax-js\)/);
  });

  test.each<[string, string, () => void]>([
    ['a visit ends', 'stopped', () => hand.tell({ type: 'stop-asked' })],
    ['the job is paused', 'resting', () => server.say('status', 'paused')],
    ['the page is about to go', 'waiting', () => hand.rest()],
  ])('[HA13] what was not sent is put away when %s', async (_when, after, rest) => {
    const codec = { kind: 'top-k', kept: 1, bits: 4 } as const;
    program = { ...PROGRAM, codec };
    await join();
    assign(7);
    const [, sent] = await next('contribute');
    server.say('receipt', { lease: 7, accepted: true });
    await until(() => hand.mirror().given.units > 0);
    // What the hand has asked of the store is answered by now, for it answers in order.
    await browser.openStore().take({ server: '', name: '', length: 0 });
    rest();
    await until(() => phase().at === after);
    const frame = decodeFrame(sent as Uint8Array);
    if (typeof frame === 'string') throw new Error(frame);
    const decoded = contributionCodec(codec, { params: 3, state: 1 }).decode(frame.body.slice(), 6);
    // To the engine the lease's two units are a batch by themselves.
    const given = Float32Array.of(5, 4, 0, -5, 2, 5);
    const { residual } = await browser.openStore().take(residualRun(program, 'http://server'));
    expect(residual).toEqual(given.map((x, i) => x - Number(decoded[i])));
  });

  test('[HA14] what a tab lost that died is told to the server, once', async () => {
    program = { ...PROGRAM, codec: { kind: 'int8' } };
    const dead = browser.openStore();
    await dead.take(residualRun(program, 'http://server'));
    dead.die();
    await join();
    const heard: Heard[] = [];
    for (const lease of [7, 8]) {
      assign(lease);
      for (let message = await server.next(); message[0] !== 'contribute'; message = await server.next())
        heard.push(message);
      // What the hand has asked of the store is answered by now, for it answers in order.
      await browser.openStore().take({ server: '', name: '', length: 0 });
      await browser.openStore().take({ server: '', name: '', length: 0 });
      server.say('receipt', { lease, accepted: true });
    }
    expect(heard.filter(([name]) => name === 'residual')).toEqual([['residual', { lost: 1 }]]);
  });

  test('[HA13] and what is left when the job is finished goes', async () => {
    program = { ...PROGRAM, codec: { kind: 'int8' } };
    await join();
    assign(7);
    await next('contribute');
    server.say('receipt', { lease: 7, accepted: true });
    await until(() => hand.mirror().given.units > 0);
    // As another tab may have left it.
    const other = browser.openStore();
    await other.take(residualRun(program, 'http://server'));
    await other.put(residualRun(program, 'http://server'), Float32Array.of(1, 2, 3, 4, 5, 6));
    server.say('status', 'finished');
    await until(() => phase().at === 'over');
    await hand.retired;
    const taken = await browser.openStore().take(residualRun(program, 'http://server'));
    expect(taken).toEqual({ residual: undefined, lost: 0 });
  });

  test('[HA7] stop leaves at once; the device is freed when it has finished what it was at', async () => {
    await join();
    let open = () => {};
    shop.engines[0]!.gate = new Promise((resolve) => {
      open = resolve;
    });
    assign(7);
    await until(() => phase().at === 'working');
    hand.tell({ type: 'stop-asked' });
    expect(await server.next()).toEqual(['leave']);
    expect([phase().at, shop.engines[0]!.disposed]).toEqual(['stopped', false]);
    open();
    await hand.retired;
    expect(shop.engines[0]!.disposed).toBe(true);
  });

  const sgd = completeOptimizerSpec({ kind: 'sgd', learningRate: 0.5 });
  const frameOf = async () => decodeFrame((await next('contribute'))[1] as Uint8Array) as Frame;

  test('[HA16] units that train by themselves are sent with the samples of all their steps, and what is checked then are the parameters of the round', async () => {
    program = { ...PROGRAM, strategy: { kind: 'local', steps: 3, optimizer: sgd } };
    await join();
    assign(7);
    expect(await frameOf()).toMatchObject({ lease: 7, samples: 2 * 3 * 2, elements: 6 });
    assign(8, { kind: 'evaluate', first: 1, count: 1 });
    expect(await next('evaluated')).toMatchObject(['evaluated', { lossSum: 5 }]);
    server.say('receipt', { lease: 7, accepted: true });
    await until(() => hand.mirror().given.units > 0);
    expect(hand.mirror().given.samples).toBe(12);
  });

  test('[HA16] a stop ends them with the step that is under way', async () => {
    program = { ...PROGRAM, strategy: { kind: 'local', steps: 1_000, optimizer: sgd } };
    await join();
    const engine = shop.engines[0]!;
    const { gradient } = engine;
    let steps = 0;
    engine.gradient = (...asked) => {
      if (++steps === 2) hand.tell({ type: 'stop-asked' });
      return gradient.apply(engine, asked);
    };
    assign(7, { deadlineInMs: 1e6 });
    await hand.retired;
    // Of each of its two units the first step is always taken.
    expect([steps, engine.disposed]).toEqual([3, true]);
  });

  test('[HA17] where nobody waits a lease goes on when newer parameters come, and the frame names those that it was computed with', async () => {
    program = { ...PROGRAM, strategy: { kind: 'async', stalenessMax: 2 } };
    await join();
    let open = () => {};
    shop.engines[0]!.gate = new Promise((resolve) => {
      open = resolve;
    });
    // A stream goes on beyond the units of a batch.
    assign(7, { first: 9 });
    assign(8, { first: 11, deadlineInMs: 1e6 });
    await until(() => phase().at === 'working');
    params(6);
    params(7);
    open();
    expect(await frameOf()).toMatchObject({ lease: 7, version: { incarnation: 1, step: 5 } });
    expect(await frameOf()).toMatchObject({ lease: 8, version: { incarnation: 1, step: 7 } });
  });

  test.each([
    ['parameters of another size', () => params(6, 5)],
    ['units that the batch does not have', () => assign(7, { first: 4, count: 1 })],
    ['held-out units that there are not', () => assign(7, { kind: 'evaluate', first: 2, count: 1 })],
  ])('[HA8] %s end the visit with a sentence', async (_, say) => {
    await join();
    say();
    await until(() => phase().at === 'refused');
    expect(phase()).toMatchObject({
      refusal: 'message-malformed',
      sentence: expect.stringMatching(/\.$|: reload/),
    });
  });

  test('[HA8] so does a program whose parts do not fit each other', async () => {
    program = {
      ...PROGRAM,
      model: { ...PROGRAM.model, params: [{ name: 'w', shape: [3], offset: 0, size: 2 }] },
    };
    hand.tell({ type: 'consented' });
    await until(() => phase().at === 'refused');
    expect(phase()).toMatchObject({ sentence: expect.stringContaining('the tensor w') });
    expect(shop.engines).toHaveLength(0);
  });
});
