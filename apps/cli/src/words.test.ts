import type { JobView } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { farewell, type Server, welcome } from './words.ts';

const HASH = '5f'.repeat(32);

function server(origin: string, status: JobView['status'] = 'running'): Server {
  const durable = { version: '2-40', step: 40, paramsSha256: HASH };
  const job = { id: 'iris-1', about: { title: 'Irises' }, status, steps: 200, durable } as JobView;
  return {
    url: 'http://localhost:8080',
    joinUrl: `${origin}/join/iris-1`,
    dashboardUrl: `${origin}/dashboard/iris-1#token=secret`,
    job: () => job,
  };
}

const at = (origin: string) => welcome(server(origin));

test('[OT5] every link and the snippet carry the public address', () => {
  const printed = at('https://train.example');
  expect(printed).not.toContain('localhost');
  expect(printed).toContain('<script src="https://train.example/widget.js"></script>');
});

test('[OT6] https is recommended where there is none', () => {
  expect(at('http://localhost:8080')).toContain('--tls-cert');
  expect(at('https://train.example')).not.toContain('--tls-cert');
});

test.each(['finished', 'stopped'] as const)(
  '[OT10] who starts a %s job is told so and how to train again, and is given no link to join',
  (status) => {
    const printed = welcome(server('http://localhost:8080', status));
    expect(printed).toContain(`This job ${status === 'stopped' ? 'was' : 'is'} ${status}`);
    expect(printed).toContain('npm start -- --fresh');
    expect(printed).not.toContain('/join/');
    expect(printed).not.toContain('goes on from here');
    expect(printed).toContain('/dashboard/iris-1#token=secret');
  },
);

test('[OT11] who starts a paused job is told so', () => {
  expect(welcome(server('http://localhost:8080', 'paused'))).toContain('This job is paused');
  expect(at('http://localhost:8080')).not.toContain('paused');
});

test('[OT12] at the start and at the end the newest durable bytes are named beside their step', () => {
  const named = `step 40 of 200, paramsSha256 ${HASH}`;
  expect(at('http://localhost:8080')).toContain(named);
  for (const status of ['finished', 'stopped'] as const) {
    const printed = farewell(server('http://localhost:8080', status));
    expect(printed).toContain(named);
    expect(printed).toContain('npm start -- --fresh');
  }
});
