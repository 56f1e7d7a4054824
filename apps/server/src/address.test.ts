import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { isForThisMachine, type Listening, localUrl, reachableUrls } from './address.ts';

const on = (host: string, publicUrl?: string): Listening => ({
  ...{ protocol: 'http', host, port: 8080 },
  publicUrl,
});

const info = (address: string): NetworkInterfaceInfo =>
  ({
    address,
    family: address.includes(':') ? 'IPv6' : 'IPv4',
    internal: address === '127.0.0.1' || address === '::1',
  }) as NetworkInterfaceInfo;

const LOOPBACK = { lo: [info('127.0.0.1'), info('::1')] };
const LAN = { ...LOOPBACK, eth0: [info('192.168.1.7'), info('fd00::7'), info('fe80::7')] };

test.each([
  'http://localhost:9000',
  'http://LOCALHOST:9000',
  'http://app.localhost:9000',
  'http://127.0.0.2:9000',
  'http://[::1]:9000',
  'http://[::ffff:127.0.0.1]:9000',
  'http://0.0.0.0:9000',
])('[RU1] %s is offered to no other device, whoever calls it public', (publicUrl) => {
  expect(reachableUrls(on('0.0.0.0', publicUrl), LAN)).toEqual(['http://192.168.1.7:8080']);
  expect(reachableUrls(on('127.0.0.1', publicUrl), LAN)).toEqual([]);
});

test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])(
  '[RU1] a server that listens on %s alone has no address but its public one',
  (host) => {
    expect(reachableUrls(on(host), LAN)).toEqual([]);
    expect(reachableUrls(on(host, 'https://train.example'), LAN)).toEqual(['https://train.example']);
  },
);

test('[RU2] an IPv6 address stands in brackets, and what no link can hold is not offered', () => {
  expect(reachableUrls(on('fd00::5'), LAN)).toEqual(['http://[fd00::5]:8080']);
  expect(reachableUrls(on('fe80::5%eth0'), LAN)).toEqual([]);
  expect(localUrl('https', 'fd00::5', 8080)).toBe('https://[fd00::5]:8080');
  expect(localUrl('http', '::', 8080)).toBe('http://localhost:8080');
});

test('[RU3] the public address is first, then a cable’s or a radio’s, and made-up interfaces are last', () => {
  const interfaces = {
    docker0: [info('172.17.0.1')],
    'br-0a1b2c': [info('172.18.0.1')],
    utun3: [info('100.64.0.9')],
    eth1: [info('169.254.3.4')],
    ...LAN,
    wlan0: [info('10.0.0.8')],
  };
  const names = (host: string, publicUrl?: string) =>
    reachableUrls(on(host, publicUrl), interfaces).map((url) => new URL(url).hostname);
  const made = ['172.17.0.1', '172.18.0.1', '100.64.0.9', '169.254.3.4'];
  expect(names('0.0.0.0')).toEqual(['192.168.1.7', '10.0.0.8', ...made]);
  expect(names('0.0.0.0', 'https://train.example')[0]).toBe('train.example');
  // Who listens on every address of both kinds is reached at those of both.
  expect(names('::')).toEqual(['192.168.1.7', '10.0.0.8', '[fd00::7]', ...made]);
});

test('[RU4] to be for this machine alone is something else than to be in no network', () => {
  expect(isForThisMachine(on('127.0.0.1'))).toBe(true);
  expect(isForThisMachine(on('localhost', 'http://localhost:9000'))).toBe(true);
  expect(isForThisMachine(on('127.0.0.1', 'https://train.example'))).toBe(false);
  expect(reachableUrls(on('0.0.0.0'), LOOPBACK)).toEqual([]);
  expect(isForThisMachine(on('0.0.0.0'))).toBe(false);
  expect(isForThisMachine(on('::'))).toBe(false);
});
