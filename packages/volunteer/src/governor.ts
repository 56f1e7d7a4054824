/**
 * May this tab work now? The governor speaks for the person: it keeps to the share of the device that was offered, and it
 * rests where work would cost what nobody offered, such as the last of a battery. A hidden tab may work, since a worker
 * keeps its speed there, until the browser freezes it: then leases must be back before the freeze.
 *
 * Intensity is a duty cycle: after b milliseconds of work come b·(1/i − 1) of rest. Devices have no slower gear that a
 * page could choose, and a pause lets them cool down.
 */

import type { JobStatus } from '@manyhands/core';
import type { RestReason } from './mirror.ts';

/** What the page knows of the person's wishes and of the device. */
export interface Conditions {
  /** Fraction of the time that the device may work, 0.1 … 1. */
  readonly intensity: number;
  readonly visibility: 'visible' | 'hidden' | 'frozen';
  readonly power: Power;
  /** The person asked the browser to save data. */
  readonly saveData: boolean;
}

export type Power =
  /** Plugged in, or the browser does not say. */
  { readonly from: 'mains' } | { readonly from: 'battery'; readonly level: number };

/** What a page starts from before it has looked around. */
export const PLAIN_CONDITIONS: Conditions = {
  intensity: 1,
  visibility: 'visible',
  power: { from: 'mains' },
  saveData: false,
};

export type Verdict =
  | { readonly may: true }
  | {
      readonly may: false;
      readonly why: RestReason;
      /** For a person. */
      readonly sentence: string;
      /** When to ask again; Infinity while only a change of conditions can help. */
      readonly untilMs: number;
    };

/** `restUntilMs` is the end of the rest that the last piece of work brought about. */
export function govern(
  conditions: Conditions,
  status: JobStatus,
  restUntilMs: number,
  nowMs: number,
): Verdict {
  if (status !== 'running') return rest('job-paused', 'The job is paused; this device goes on with it.');
  if (conditions.visibility === 'frozen')
    return rest('hidden', 'The browser has put this hidden tab to sleep.');
  if (conditions.saveData)
    return rest('data-saver', 'The data saver of this browser is on, and helping needs data.');
  if (conditions.power.from === 'battery' && conditions.power.level < BATTERY_LEVEL_MIN)
    return rest('battery', 'The battery is below 20 %: this device goes on when it is charging.');
  if (nowMs < restUntilMs) {
    const percent = Math.round(conditions.intensity * 100);
    return rest(
      'intensity',
      `Pausing between two pieces of work, to use ${percent} % of the time.`,
      restUntilMs,
    );
  }
  return { may: true };
}

/** Rest, in milliseconds, that `workMs` of work brings about at this intensity. */
export function restAfterMs(workMs: number, intensity: number): number {
  const share = Math.min(1, Math.max(INTENSITY_MIN, intensity));
  return Math.min(REST_MS_MAX, workMs * (1 / share - 1));
}

const BATTERY_LEVEL_MIN = 0.2;
export const INTENSITY_MIN = 0.1;
/** A single slow piece of work, such as the first on a cold device, must not send the tab away for minutes. */
const REST_MS_MAX = 60_000;

function rest(why: RestReason, sentence: string, untilMs = Number.POSITIVE_INFINITY): Verdict {
  return { may: false, why, sentence, untilMs };
}
