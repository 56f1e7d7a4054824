import {
  type DeviceClass,
  type Effect,
  type Event,
  type Lease,
  type LeaseId,
  sameDevice,
  type VolunteerId,
} from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * Of a job that asks to be exact: [WX1] all that counts of one version, measured or trained, comes from one class of device.
 * [WX2] Leases go to the class that the history named last. [WX3] No class loses what it has done of a round in the first minute of
 * its turn, while somebody of it is here. [WX4] Whoever asks all the time sees no version of others after two and a half minutes for
 * each volunteer who was ever here, where no round has been cut short: then those who are slow are owed more.
 */
export function checkClasses(): Checker {
  const devices = new Map<VolunteerId, DeviceClass>();
  const lost = new Set<VolunteerId>();
  const leases = new Map<LeaseId, Lease>();
  /** Of whom the newest answer to each unit of the open round is: of a round that began again all are given anew. */
  const answered = new Map<string, DeviceClass>();
  /** Since when somebody has asked and was given nothing, and its class has not served. */
  const waiting = new Map<VolunteerId, number>();
  let most = 0;
  let cutShort = false;
  let serving: DeviceClass | undefined;
  let turnFromMs = 0;
  /** Something of the open round counts. */
  let begun = false;

  function listen(event: Event, nowMs: number): void {
    switch (event.type) {
      case 'volunteer-joined':
        devices.set(event.volunteer, event.device);
        most = Math.max(most, devices.size);
        return;
      case 'volunteer-left':
        devices.delete(event.volunteer);
        lost.delete(event.volunteer);
        waiting.delete(event.volunteer);
        return;
      case 'volunteer-lost':
        lost.add(event.volunteer);
        waiting.delete(event.volunteer);
        return;
      case 'volunteer-returned':
        lost.delete(event.volunteer);
        return;
      case 'lease-pulled':
        if (devices.has(event.volunteer) && !lost.has(event.volunteer) && !waiting.has(event.volunteer))
          waiting.set(event.volunteer, nowMs);
        return;
      default:
        return;
    }
  }

  function look(effect: Effect, nowMs: number): void {
    switch (effect.type) {
      case 'assign': {
        const device = devices.get(effect.lease.volunteer)!;
        demand(
          serving !== undefined && sameDevice(device, serving),
          'WX2',
          () => `${device.backend} was given lease ${effect.lease.id} while ${serving?.backend} serves`,
        );
        leases.set(effect.lease.id, effect.lease);
        waiting.delete(effect.lease.volunteer);
        return;
      }
      case 'accept':
        begun = true;
        note(leases.get(effect.lease)!, devices.get(effect.volunteer)!);
        return;
      case 'publish':
        checkAnswered();
        leases.clear();
        begun = false;
        return;
      case 'status':
        // Who stops a job ends its round, and who pauses it makes everybody wait.
        begun = false;
        for (const volunteer of waiting.keys()) waiting.set(volunteer, nowMs);
        return;
      case 'record':
        // A round closes with its measurement, where it has one.
        if (effect.entry.kind === 'evaluation') checkAnswered();
        if (effect.entry.kind === 'class-changed') change(effect.entry.to, nowMs);
        return;
      default:
        return;
    }
  }

  function note({ kind, run }: Lease, device: DeviceClass): void {
    for (let unit = run.first; unit < run.first + run.count; unit++) answered.set(`${kind}/${unit}`, device);
  }

  function checkAnswered(): void {
    const [first, ...others] = answered.values();
    for (const other of others) {
      demand(
        sameDevice(first!, other),
        'WX1',
        () => `${first!.backend} and ${other.backend} made one version`,
      );
    }
    answered.clear();
  }

  function change(to: DeviceClass, nowMs: number): void {
    const from = serving;
    serving = to;
    if (from !== undefined && begun && nowMs - turnFromMs < TURN_MS_MIN) {
      for (const [volunteer, device] of devices) {
        demand(
          lost.has(volunteer) || !sameDevice(device, from),
          'WX3',
          () => `${volunteer} of ${from.backend} is here, and ${to.backend} took over`,
        );
      }
    }
    for (const volunteer of waiting.keys()) {
      if (from !== undefined && sameDevice(devices.get(volunteer)!, from)) waiting.set(volunteer, nowMs);
    }
    cutShort ||= begun;
    turnFromMs = nowMs;
    begun = false;
  }

  function checkWaiting(nowMs: number): void {
    if (cutShort || serving === undefined) return;
    for (const [volunteer, sinceMs] of waiting) {
      demand(
        sameDevice(devices.get(volunteer)!, serving) || nowMs - sinceMs < most * WAIT_MS_MAX,
        'WX4',
        () => `${volunteer} has asked for ${(nowMs - sinceMs) / 1_000} s, and ${serving?.backend} serves on`,
      );
    }
  }

  return (seen) => {
    if (seen.type === 'started') {
      for (const kept of [devices, lost, leases, answered, waiting]) kept.clear();
      most = 0;
      cutShort = false;
      serving = undefined;
      begun = false;
    }
    if (seen.type !== 'told') return;
    listen(seen.event, seen.nowMs);
    for (const effect of seen.effects) look(effect, seen.nowMs);
    if (seen.effects.some(({ type }) => type === 'publish')) checkWaiting(seen.nowMs);
  };
}

const TURN_MS_MIN = 60_000;
/** For each volunteer: a minute behind, a minute ahead, and rounds that are under way. */
const WAIT_MS_MAX = 150_000;
