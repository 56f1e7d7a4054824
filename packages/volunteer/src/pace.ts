/**
 * The server takes so many messages a second from one socket, and ten seconds' worth at once; who sends more is sent away.
 * A small model on a fast device would: so a volunteer asks for no more leases than it may send messages about. This is
 * the server's token bucket, a tenth smaller and kept as one number: when the bucket will be full again ("virtual
 * scheduling", ITU-T I.371).
 */

import { LIMITS } from '@manyhands/protocol';

/** How many leases may be asked for now, if the bucket is full again at `fullAtMs`. */
export function leasesAllowed(fullAtMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs + WINDOW_MS - Math.max(fullAtMs, nowMs)) / LEASE_MS));
}

/** When the bucket will be full again, now that this many leases were asked for. */
export function askedFor(leases: number, fullAtMs: number, nowMs: number): number {
  return Math.max(fullAtMs, nowMs) + leases * LEASE_MS;
}

/** When the next lease may be asked for. */
export function allowedAtMs(fullAtMs: number): number {
  return fullAtMs + LEASE_MS - WINDOW_MS;
}

const WINDOW_MS = 10_000;
/** A lease is asked for, and answered or released. */
const MESSAGES_PER_LEASE = 2;
/** Time that a lease uses up. */
const LEASE_MS = Math.ceil((MESSAGES_PER_LEASE * 1_000) / (0.9 * LIMITS.messagesPerSecondMax));
