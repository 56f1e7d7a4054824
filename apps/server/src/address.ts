/**
 * Where this server is: for the person who started it, and for other devices. A phone's camera gets one address and no
 * second attempt, so what is offered first must be the one that most probably leads here: the address that the operator
 * gave, and then that of a cable or of a radio before those that containers and tunnels make up on this machine.
 */

import { BlockList, isIP, isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** The address to open on this machine. */
export function localUrl(protocol: Protocol, host: string, port: number): string {
  return urlOf(protocol, isAny(host) || isLoopback(host) ? 'localhost' : host, port);
}

export interface Listening {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
}

type Protocol = 'http' | 'https';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Addresses at which other devices reach this server, best first; never this machine's name for itself. */
export function reachableUrls(
  { protocol, host, port, publicUrl }: Listening,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  const hosts = isAny(host) ? externalAddresses(interfaces, host === '::') : [host];
  const urls = hosts.filter((name) => !isLoopback(name)).map((name) => urlOf(protocol, name, port));
  // A zone, as in fe80::1%eth0, is this machine's own word and no part of a link.
  return [...publicUrls(publicUrl), ...urls.filter((url) => URL.canParse(url))];
}

/** Whether it answers this machine alone, whatever network that is in. */
export function isForThisMachine({ host, publicUrl }: Listening): boolean {
  return isLoopback(host) && publicUrls(publicUrl).length === 0;
}

function publicUrls(given: string | undefined): string[] {
  if (given === undefined) return [];
  const name = new URL(given).hostname.replace(/^\[(.*)\]$/, '$1');
  return isAny(name) || isLoopback(name) ? [] : [given];
}

function urlOf(protocol: Protocol, host: string, port: number): string {
  return `${protocol}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function externalAddresses(interfaces: Interfaces, six: boolean): string[] {
  return Object.entries(interfaces)
    .flatMap(([name, infos]) => (infos ?? []).map((info) => ({ ...info, name })))
    .filter(
      ({ internal, family, address }) => !internal && (family === 'IPv4' || (six && !isLinkLocal(address))),
    )
    .sort((a, b) => distance(a) - distance(b))
    .map(({ address }) => address);
}

/** The lower, the more probably another device gets there. Interfaces that are equally good stay in their order. */
function distance({ name, address, family }: NetworkInterfaceInfo & { readonly name: string }): number {
  const kind = MADE_UP.test(name) ? 2 : 0;
  // Every device speaks IPv4, and what a device gives itself when nobody gives it one leads nowhere.
  return kind + (family === 'IPv6' ? 1 : 0) + (isLinkLocal(address) ? 4 : 0);
}

/** What containers, virtual machines and tunnels call their interfaces. */
const MADE_UP =
  /^(docker|podman|br-|bridge|veth|virbr|vmnet|vbox|vethernet|lxc|lxd|incus|cni|cali|flannel|tun|tap|utun|ppp|wg|zt|tailscale)/i;

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16);
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

function isLoopback(host: string): boolean {
  return /^(.*\.)?localhost\.?$/i.test(host) || isIn(LOOPBACK, host);
}

function isLinkLocal(address: string): boolean {
  return isIn(LINK_LOCAL, address);
}

function isIn(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
