/** Where this server is: for the person who started it, and for other devices. */

import { networkInterfaces } from 'node:os';

/** The address to open on this machine. */
export function localUrl(protocol: 'http' | 'https', host: string, port: number): string {
  const name = isAny(host) || isLoopback(host) ? 'localhost' : host;
  return `${protocol}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Addresses at which other devices reach this server, best first; never localhost. */
export function reachableUrls(
  protocol: 'http' | 'https',
  host: string,
  port: number,
  publicUrl: string | undefined,
): string[] {
  const given = publicUrl === undefined ? [] : [publicUrl];
  if (isLoopback(host)) return given;
  const hosts = isAny(host) ? externalAddresses() : [host];
  return [...given, ...hosts.map((name) => `${protocol}://${name}:${port}`)];
}

function externalAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
