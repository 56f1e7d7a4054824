import { expect, test } from 'vitest';
import { HELP, readOptions } from './options.ts';

const defaults = { job: 'examples/mnist/cnn', dataDir: '.data' };
const read = (...words: string[]) => readOptions(words, defaults);

test('[OT1] without a word it trains the example on port 8080 and opens a browser', () => {
  expect(read()).toMatchObject({
    ask: 'start',
    start: {
      port: 8080,
      job: 'examples/mnist/cnn',
      dataDir: '.data',
      fresh: false,
      open: true,
      steps: undefined,
    },
  });
});

test('[OT2] every flag that the help names is understood', () => {
  for (const [, flag, value] of HELP.matchAll(/^ {2}--([a-z-]+)( [A-Z]+)?/gm)) {
    const words =
      value === undefined
        ? [`--${flag}`]
        : [`--${flag}`, { URL: 'https://a.example', N: '7' }[value.trim()] ?? 'x'];
    const answer = read(
      ...words,
      ...(flag === 'tls-cert' ? ['--tls-key', 'x'] : flag === 'tls-key' ? ['--tls-cert', 'x'] : []),
    );
    expect(answer.ask, flag).not.toBe('nothing');
  }
});

test.each([
  [['--port', 'http'], 'whole number from 0 to 65535'],
  [['--steps', '0'], 'from 1 on'],
  [['--tls-cert', 'a.pem'], 'name both files'],
  [['--public-url', 'here'], 'whole address'],
  [['--public-url', 'https://a.example/train'], 'without a path'],
  [['--public-url', 'ws://a.example'], 'whole address'],
  [['--colour'], "'--colour'"],
])('[OT3] %s is answered in one sentence', (words, part) => {
  const answer = read(...words);
  expect(answer).toMatchObject({ ask: 'nothing', sentence: expect.stringContaining(part) });
});
