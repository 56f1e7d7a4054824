import type { RunningServer } from '@manyhands/server';
import { expect, test } from 'vitest';
import { links } from './words.ts';

const at = (origin: string) =>
  links(
    {
      url: 'http://localhost:8080',
      jobId: 'iris-1',
      joinUrl: `${origin}/join/iris-1`,
      dashboardUrl: `${origin}/dashboard/iris-1#token=secret`,
    } as RunningServer,
    'Irises',
  );

test('[OT5] every link and the snippet carry the public address', () => {
  const printed = at('https://train.example');
  expect(printed).not.toContain('localhost');
  expect(printed).toContain('<script src="https://train.example/widget.js"></script>');
});

test('[OT6] https is recommended where there is none', () => {
  expect(at('http://localhost:8080')).toContain('--tls-cert');
  expect(at('https://train.example')).not.toContain('--tls-cert');
});
