import { LIMITS } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { allowedAtMs, askedFor, leasesAllowed } from './pace.ts';

test('[VQ1] ten seconds’ worth of leases at once, and then one after another', () => {
  expect(leasesAllowed(0, 0)).toBe(434);
  const fullAtMs = askedFor(434, 0, 0);
  const nextAtMs = allowedAtMs(fullAtMs);
  expect([nextAtMs - 1, nextAtMs].map((nowMs) => leasesAllowed(fullAtMs, nowMs))).toEqual([0, 1]);
  expect(leasesAllowed(fullAtMs, 1e9)).toBe(434);
});

test('[VQ1] two messages a lease never come faster than the server takes them', () => {
  let fullAtMs = 0;
  let messages = 0;
  for (let nowMs = 0; nowMs <= 60_000; nowMs++) {
    const leases = leasesAllowed(fullAtMs, nowMs);
    fullAtMs = askedFor(leases, fullAtMs, nowMs);
    messages += 2 * leases;
    expect(messages).toBeLessThanOrEqual(LIMITS.messagesPerSecondMax * (10 + nowMs / 1_000));
  }
  expect(messages).toBeGreaterThan(0.85 * 70 * LIMITS.messagesPerSecondMax);
});
