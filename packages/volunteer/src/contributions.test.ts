import { type Codec, contributionCodec } from '@manyhands/core';
import { decodeFrame } from '@manyhands/protocol';
import { describe, expect, test } from 'vitest';
import { Contributions } from './contributions.ts';
import { withholdingOf } from './lossy.ts';
import { NO_RESIDUALS, type ResidualStore } from './residual-store.ts';
import { EncodingEngine } from './testing/encoding-engine.ts';
import { PROGRAM } from './testing/little-job.ts';
import { residualBrowser } from './testing/residuals.ts';

const SHAPE = { params: 3, state: 1 };
const GRADIENT = [3, 2, -2];
/** Behind the gradient: state, loss and metric. */
const TAIL = [7, 8, 9];
/** One number in three is sent, in four bits. */
const SPARSE = { kind: 'top-k', kept: 1, bits: 4 } as const;

function inSparse(store: ResidualStore): Contributions {
  const program = { ...PROGRAM, codec: SPARSE };
  return new Contributions(program, withholdingOf(program, 'http://server', store));
}

function answerTo(id: number, { backup = false, gradient = GRADIENT } = {}) {
  const version = { incarnation: 1, step: 3 };
  const run = { first: 0, count: 1 };
  const lease = { id, kind: 'train', version, run, arrivedAtMs: 0, deadlineMs: 1, backup } as const;
  const vector = Float32Array.from([...gradient, ...TAIL]);
  return { kind: 'train', lease, samples: 2, deviceMs: 1.6, vector, began: version } as const;
}

function bodyOf(frame: Uint8Array): Uint8Array {
  const decoded = decodeFrame(frame);
  if (typeof decoded === 'string') throw new Error(decoded);
  return decoded.body;
}

function decoded(codec: Codec, frame: Uint8Array): readonly number[] {
  const vector = codec.decode(new Uint8Array(bodyOf(frame)), GRADIENT.length + TAIL.length);
  if (typeof vector === 'string') throw new Error(vector);
  return [...vector];
}

describe('Contributions of a volunteer', () => {
  test('[CB1] without a codec are the numbers as they are, under the lease that asked for them', () => {
    const contributions = new Contributions(PROGRAM, undefined);
    const frame = contributions.frame(answerTo(4));
    expect(decodeFrame(frame)).toMatchObject({
      ...{ kind: 'contribution', codec: 'float32', version: { incarnation: 1, step: 3 } },
      ...{ lease: 4, samples: 2, elements: 6, computeMs: 2 },
    });
    expect(decoded(contributionCodec({ kind: 'float32' }, SHAPE), frame)).toEqual([...GRADIENT, ...TAIL]);
    expect(contributions.areComparable).toBe(true);
  });

  test('[CB2] in a lossy codec send later what they left out, and no sum but the gradient’s is changed', () => {
    const contributions = inSparse(NO_RESIDUALS);
    const codec = contributionCodec(SPARSE, SHAPE);
    const rounds = 400;
    const sent = [0, 0, 0];
    for (let id = 1; id <= rounds; id++) {
      const numbers = decoded(codec, contributions.frame(answerTo(id)));
      expect(numbers.slice(3)).toEqual(TAIL);
      for (const [i, x] of numbers.slice(0, 3).entries()) sent[i]! += x;
      contributions.accepted(id);
    }
    // Of one round at least one number in three is left out; of all together no more than of a few.
    GRADIENT.forEach((each, i) => {
      expect(Math.abs(sent[i]! - rounds * each)).toBeLessThan(3 * 3);
    });
    expect(contributions.areComparable).toBe(false);
  });

  test('[CB3] that do not count are as if they had never been made', () => {
    const contributions = inSparse(NO_RESIDUALS);
    contributions.frame(answerTo(1));
    contributions.accepted(1);
    const refused = contributions.frame(answerTo(2));
    contributions.forgotten(2);
    expect(bodyOf(contributions.frame(answerTo(3)))).toEqual(bodyOf(refused));
  });

  test('[CB5] at rest put away what they left out, and who begins next sends it', async () => {
    const browser = residualBrowser();
    const open = () => inSparse(browser.openStore());
    const [first, second, third] = [open(), open(), open()];
    await first.begin();
    first.frame(answerTo(1));
    first.accepted(1);
    first.frame(answerTo(2));
    expect([first.areUnderWay, second.areUnderWay]).toEqual([true, false]);
    // What is on its way then is held to be in vain, whatever is heard of it later.
    await first.rest();
    first.accepted(2);
    void second.begin();
    // Waits for what is on its way out of the store, so that it does not stay where nothing is computed.
    await second.rest();
    await third.begin();
    const reference = inSparse(NO_RESIDUALS);
    reference.frame(answerTo(1));
    reference.accepted(1);
    const after = bodyOf(reference.frame(answerTo(3)));
    expect(bodyOf(third.frame(answerTo(3)))).toEqual(after);
    await first.begin();
    expect(bodyOf(first.frame(answerTo(3)))).not.toEqual(after);
    expect([first, second, third].map((contributions) => contributions.takeLosses())).toEqual([0, 0, 0]);
  });

  test('[CB5] keep what the browser does not', async () => {
    const contributions = inSparse(NO_RESIDUALS);
    await contributions.begin();
    const fresh = bodyOf(contributions.frame(answerTo(1)));
    contributions.accepted(1);
    await contributions.rest();
    await contributions.begin();
    expect(bodyOf(contributions.frame(answerTo(2)))).not.toEqual(fresh);
  });

  test('[CB6] count what was lost with a tab that died, and what overflowed, each once', async () => {
    const browser = residualBrowser();
    const dead = browser.openStore();
    const open = (store = browser.openStore()) => inSparse(store);
    const first = open(dead);
    await first.begin();
    dead.die();
    const next = open();
    await next.begin();
    expect([next.takeLosses(), next.takeLosses()]).toEqual([1, 0]);
    const huge = { gradient: [3e38, 2e38, -2e38] };
    for (const id of [1, 2]) {
      next.frame(answerTo(id, huge));
      next.accepted(id);
    }
    expect([next.takeLosses(), next.takeLosses()]).toEqual([1, 0]);
    await next.end();
    expect(await browser.openStore().take({ server: 'http://server', name: '', length: 6 })).toEqual({
      ...{ residual: undefined, lost: 0 },
    });
  });

  test('[CB4] that are backup copies neither send what was left out nor leave anything out', () => {
    const contributions = inSparse(NO_RESIDUALS);
    const fresh = bodyOf(contributions.frame(answerTo(1)));
    contributions.accepted(1);
    expect(bodyOf(contributions.frame(answerTo(2, { backup: true })))).toEqual(fresh);
    contributions.accepted(2);
    const after = bodyOf(contributions.frame(answerTo(3)));
    const other = inSparse(NO_RESIDUALS);
    other.frame(answerTo(1));
    other.accepted(1);
    expect(after).toEqual(bodyOf(other.frame(answerTo(3))));
    expect(after).not.toEqual(fresh);
  });
});

describe('Contributions that are encoded on a device', () => {
  const open = (store = NO_RESIDUALS) => inSparse(store);
  const engine = () => new EncodingEngine(answerTo(0).vector, SHAPE);
  const batch = { drop: () => {} };

  async function answerOn(device: EncodingEngine, contributions: Contributions, id: number, backup = false) {
    const { lease, ...answer } = answerTo(id, { backup });
    const sum = await contributions.read(lease, {
      whole: device.gradient,
      encoded: (encoding) => device.encodedGradient(batch, lease.run, 4, 0, encoding),
    });
    const began = lease.version;
    return bodyOf(
      contributions.frame({ kind: 'train', lease, samples: 2, deviceMs: answer.deviceMs, began, ...sum }),
    );
  }

  test('[CB7] are those that would be encoded here, whatever becomes of them, and nothing is held there that is not due', async () => {
    const [device, there, here] = [engine(), open(), open()];
    const fates = [
      'accepted',
      'accepted',
      'forgotten',
      'backup',
      'accepted',
      'forgotten',
      'accepted',
    ] as const;
    for (const [id, fate] of fates.entries()) {
      const backup = fate === 'backup';
      const body = await answerOn(device, there, id, backup);
      expect(body).toEqual(bodyOf(here.frame(answerTo(id, { backup }))));
      expect([there.areUnderWay, device.holds]).toEqual([!backup, id === 0 || backup ? 1 : 2]);
      for (const contributions of [there, here]) {
        if (fate === 'forgotten') contributions.forgotten(id);
        else contributions.accepted(id);
      }
      expect(device.holds).toBe(1);
    }
  });

  test('[CB8] come home to be put away, or when their engine is about to go', async () => {
    const [first, second, reference, browser] = [engine(), engine(), open(), residualBrowser()];
    const [before, after] = [open(browser.openStore()), open(browser.openStore())];
    await answerOn(first, before, 1);
    before.accepted(1);
    await before.comeHome();
    expect(first.holds).toBe(0);
    await answerOn(second, before, 2);
    before.accepted(2);
    await before.rest();
    expect(second.holds).toBe(0);
    await after.begin();
    for (const id of [1, 2]) {
      reference.frame(answerTo(id));
      reference.accepted(id);
    }
    // To the rounding of a sum: on its way through the store it was added up.
    expect(bodyOf(after.frame(answerTo(3)))).toEqual(bodyOf(reference.frame(answerTo(3))));
    expect([before.takeLosses(), after.takeLosses()]).toEqual([0, 0]);
  });

  test('[CB8] are not put away while they are lent', async () => {
    const [device, browser] = [engine(), residualBrowser()];
    const [contributions, next] = [open(browser.openStore()), open(browser.openStore())];
    await contributions.begin();
    let openGate = () => {};
    device.gate = new Promise((resolve) => {
      openGate = resolve;
    });
    contributions.frame(answerTo(1));
    contributions.accepted(1);
    const answer = answerOn(device, contributions, 2);
    const resting = contributions.rest();
    openGate();
    await answer;
    await resting;
    // On its way when all was put away, it is held to be in vain.
    contributions.accepted(2);
    await next.begin();
    const reference = open();
    reference.frame(answerTo(1));
    reference.accepted(1);
    expect(bodyOf(next.frame(answerTo(3)))).toEqual(bodyOf(reference.frame(answerTo(3))));
    expect(device.holds).toBe(0);
  });

  test('[CB9] lose with their device what lay there: it is counted once, and what comes next is as if new', async () => {
    const [device, contributions] = [engine(), open()];
    const fresh = await answerOn(device, contributions, 1);
    contributions.accepted(1);
    await answerOn(device, contributions, 2);
    device.lose();
    await contributions.comeHome();
    contributions.accepted(2);
    await contributions.comeHome();
    expect([contributions.takeLosses(), contributions.takeLosses()]).toEqual([1, 0]);
    expect(await answerOn(engine(), contributions, 3)).toEqual(fresh);
  });
});
