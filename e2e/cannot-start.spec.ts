/** What stands in the way of a start, each as the command that people type says it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Starts the example with these flags more, and answers how that ended. */
async function start(folder: string, flags: readonly string[]) {
  const usual = ['--port', '0', '--no-open', '--job', join(root, 'examples/iris')];
  const words = [join(root, 'apps/cli/dist/main.js'), ...usual, '--data', join(folder, 'data'), ...flags];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (chunk) => {
    said += chunk;
    // It started after all: the test has failed, and nothing may stay behind.
    if (said.includes('Ctrl-C')) child.kill();
  });
  child.stderr.on('data', (chunk) => {
    complained += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, said, complained };
}

/** The example, but for one word. */
const BROKEN = `
import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';
const layers = [tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [4] })];
export default defineJob({
  name: 'broken', title: 'Broken', operator: 'The tests', summary: 'Cannot be run.',
  model: tf.sequential({ layers }), dataset: iris(), loss: 'hinge', metric: 'accuracy',
  optimizer: { kind: 'sgd', learningRate: 0.1 }, batch: { units: 4, unitSamples: 15 },
  seed: 1, stop: { steps: 1 }, evaluateEverySteps: 1,
});`;

/** What is in the way, the flags that run into it, and all that is said of it. */
const CASES: readonly (readonly [
  what: string,
  flags: (folder: string) => readonly string[],
  sentence: RegExp,
])[] = [
  ['a job that is not there', () => ['--job', 'nowhere'], /^There is no job at \S+nowhere: .+\.$/],
  [
    'a job with an unknown loss',
    () => ['--job', 'broken.ts'],
    /^\S+broken\.ts is not a job that can be run:\nloss: Invalid option: expected one of .+\.$/,
  ],
  [
    'a job that is no program',
    () => ['--job', 'garbled.ts'],
    /^\S+garbled\.ts cannot be read as a job: .+\.$/,
  ],
  [
    'a folder that cannot be made',
    () => ['--data', 'broken.ts/data'],
    /^The data folder \S+ cannot be used .+\.$/,
  ],
  ['a flag that is none', () => ['--prot', '80'], /^Unknown option '--prot'\. See npm start -- --help\.$/],
  ['a port that is none', () => ['--port', '80000'], /^--port is 80000: .+\.$/],
  [
    'a certificate that is not there',
    () => ['--tls-cert', 'nowhere.crt', '--tls-key', 'nowhere.key'],
    /^The file nowhere\.crt cannot be read \(.+\)\.$/,
  ],
  [
    'a host of another machine',
    () => ['--host', '203.0.113.77'],
    /^203\.0\.113\.77 is no address of this .+\.$/,
  ],
];

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-'));
  await writeFile(join(folder, 'broken.ts'), BROKEN);
  await writeFile(join(folder, 'garbled.ts'), 'export default {{;');
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

for (const [what, flags, sentence] of CASES) {
  test(`[OT13] ${what} is told in one sentence, with code 1`, async () => {
    expect(await start(folder, flags(folder))).toEqual({
      code: 1,
      said: expect.stringMatching(/^(Preparing the job …\n)?$/),
      complained: expect.stringMatching(new RegExp(`${sentence.source.slice(0, -1)}\n$`)),
    });
  });
}

test('[OT13] a port that is in use is told in one sentence, with code 1', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '0.0.0.0', resolve));
  const { port } = other.address() as AddressInfo;
  expect(await start(folder, ['--port', String(port)])).toMatchObject({
    code: 1,
    complained: `Port ${port} is in use: stop what uses it, or choose another with --port.\n`,
  });
  other.close();
});
