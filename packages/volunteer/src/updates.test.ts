import { decodeFrame, type Frame, LIMITS } from '@manyhands/protocol';
import { describe, expect, test } from 'vitest';
import type { Download } from './download.ts';
import type { Parameters } from './parameters.ts';
import { bytesTo, MODEL, parametersAt, SPEC, START, version } from './testing/long-model.ts';
import { Updates } from './updates.ts';

function updateTo(step: number): Frame {
  const frame = decodeFrame(bytesTo(step));
  if (typeof frame === 'string') throw new Error(frame);
  return frame;
}

/** What a server has that answers any question with the updates to these steps. */
function fetchedFrom(steps: readonly number[], to = version(3)) {
  const asked: string[] = [];
  const download: Download = async (url) => {
    asked.push(new URL(url).pathname);
    return new Uint8Array(Buffer.concat(steps.map(bytesTo)));
  };
  const fetching = new Updates(SPEC, MODEL).fetch(download, 'http://server', 'little', START, to);
  return fetching.then((fetched) => ({ asked, fetched }));
}

describe('updates', () => {
  test('[UD1] in their order lead to the bytes of the server', () => {
    const updates = new Updates(SPEC, MODEL);
    updates.keep(updateTo(1));
    const first = updates.follow(START) as Parameters;
    expect(first).toEqual(parametersAt(1));
    updates.keep(updateTo(2));
    expect(updates.follow(first)).toEqual(parametersAt(2));
    // What lies with a device is not written to.
    expect(START).toEqual(parametersAt(0));
    expect(first).toEqual(parametersAt(1));
  });

  test('[UD2] that come before the parameters that they begin from wait for them', () => {
    const updates = new Updates(SPEC, MODEL);
    for (const step of [3, 5, 4]) updates.keep(updateTo(step));
    expect(updates.follow(START)).toBe(START);
    expect(updates.follow(parametersAt(2))).toEqual(parametersAt(5));
    // Who has got further has no use for them.
    expect(updates.follow(parametersAt(2))).toEqual(parametersAt(2));
  });

  test('[UD2] wait in bounded number', () => {
    const updates = new Updates(SPEC, MODEL);
    for (let step = 1; step <= 65; step++) updates.keep(updateTo(step));
    expect(updates.follow(START)).toBe(START);
    expect(updates.follow(parametersAt(1))).toEqual(parametersAt(65));
  });

  test('[UD2] and are together no longer than the parameters or a chunk', () => {
    const updates = new Updates({ kind: 'float32' }, MODEL);
    const frame = { ...updateTo(1), codec: 'float32' } as const;
    const most = Math.floor(LIMITS.chunkBytes / (4 * START.params.length));
    for (let step = 1; step <= most; step++) updates.keep({ ...frame, version: version(step) });
    expect(updates.follow(START)).toMatchObject({ failure: 'malformed' });
    updates.keep({ ...frame, version: version(most + 1) });
    expect(updates.follow(START)).toBe(START);
  });

  test('[UD3] show who has drifted', () => {
    const updates = new Updates(SPEC, MODEL);
    updates.keep(updateTo(1));
    const drifted = { ...START, params: START.params.with(7, 1.0000002) };
    expect(updates.follow(drifted)).toEqual({ drifted: version(1) });
  });

  test.each([
    ['of another kind', { ...updateTo(1), kind: 'params' } as Frame],
    ['in another codec', { ...updateTo(1), codec: 'int8' } as Frame],
    ['of another size', { ...updateTo(1), elements: 5 }],
  ])('[UD4] %s are refused', (_, frame) => {
    expect(new Updates(SPEC, MODEL).keep(frame)).toMatchObject({ failure: 'malformed' });
  });

  test('[UD4] that do not decode are refused, and never thrown', () => {
    const updates = new Updates(SPEC, MODEL);
    updates.keep({ ...updateTo(1), body: new Uint8Array(3) });
    expect(updates.follow(START)).toMatchObject({ failure: 'malformed' });
  });

  test('[UD5] that were missed are downloaded together', async () => {
    const { asked, fetched } = await fetchedFrom([1, 2, 3]);
    expect(asked).toEqual(['/api/jobs/little/updates/1-0/1-3']);
    expect(fetched).toEqual(parametersAt(3));
  });

  test.each([
    ['lead from elsewhere', [2, 3]],
    ['leave one out', [1, 3]],
    ['end too early', [1, 2]],
    ['are none', []],
  ])('[UD5] and that %s are no way', async (_, steps) => {
    const { fetched } = await fetchedFrom(steps);
    expect(fetched).toMatchObject({ failure: 'malformed' });
  });

  test.each([
    ['a later version', version(3), true],
    ['another incarnation', { incarnation: 2, step: 3 }, false],
    ['what is as long as the parameters', version(1_000), false],
    ['itself', START.version, false],
  ])('[UD5] whether the way to %s is worth it', (_, to, isWorthIt) => {
    expect(new Updates(SPEC, MODEL).areWorthIt(START.version, to)).toBe(isWorthIt);
  });
});
