import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { download } from './download.ts';

let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    response.statusCode = Number(url!.slice(1)) || 200;
    response.end('twelve bytes');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

test('[DL1] bytes up to the bound are taken, and not one more', async () => {
  expect(await download(`${origin}/`, { bytesMax: 12 })).toEqual(new TextEncoder().encode('twelve bytes'));
  expect(await download(`${origin}/`, { bytesMax: 11 })).toMatchObject({ failure: 'malformed' });
});

test.each([
  ['404', 'gone'],
  ['410', 'gone'],
  ['429', 'unreachable'],
  ['503', 'unreachable'],
])('[DL2] the answer %s means %s', async (status, failure) => {
  expect(await download(`${origin}/${status}`, { bytesMax: 99 })).toMatchObject({ failure });
});

test('[DL2] no answer at all is a value too', async () => {
  expect(await download('http://127.0.0.1:1/x', { bytesMax: 9 })).toMatchObject({ failure: 'unreachable' });
});
