import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { unzipped } from './testing/unzipped.ts';
import { zip } from './zip.ts';

/** An empty file, a short one, and one of several pieces. */
const ENTRIES = [
  { path: 'a/empty', bytes: new Uint8Array() },
  { path: 'a/b/short.bin', bytes: Uint8Array.of(1, 2, 3).subarray(1) },
  { path: 'long.bin', bytes: Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 31) % 251) },
];

test('[ZP1] an archive gives back every file under its name, byte for byte', async () => {
  const files = unzipped(await zip(ENTRIES));
  expect([...files.keys()]).toEqual(ENTRIES.map(({ path }) => path));
  for (const { path, bytes } of ENTRIES) expect(files.get(path)!.equals(bytes)).toBe(true);
  expect(unzipped(await zip([])).size).toBe(0);
});

test('[ZP2] the same files are the same bytes at any time', async () => {
  const packedAt = (now: string) => {
    vi.useFakeTimers({ now: new Date(now), toFake: ['Date'] });
    return zip(ENTRIES).finally(() => vi.useRealTimers());
  };
  expect((await packedAt('2026-01-01')).equals(await packedAt('2031-07-15'))).toBe(true);
});

const { error } = spawnSync('unzip', ['-v']);
test.skipIf(error !== undefined)('[ZP1] unzip finds no fault with it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-zip-'));
  writeFileSync(join(folder, 'a.zip'), await zip(ENTRIES));
  const { status, stdout } = spawnSync('unzip', ['-t', join(folder, 'a.zip')], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(stdout).toContain('No errors detected');
  expect(status).toBe(0);
});
