/**
 * The leases of one volunteer, as far as a door needs to know them: which answers may still come, and since when. What they
 * are worth is the heart's affair. A lease is struck out when its receipt or its release passes by; it is dead, too, when its
 * round is over or nobody waits for it any more.
 */

import { abandonedAtMs, isStale, type ParamsVersion, parseVersion } from '@manyhands/core';
import type { AssignMessage } from '@manyhands/protocol';

export interface GivenLease {
  readonly version: ParamsVersion;
  readonly givenAtMs: number;
  readonly deadlineMs: number;
  /** Its answer went to the host, and the receipt is due. */
  readonly answered: boolean;
}

export class LeaseBook {
  readonly #leases = new Map<number, GivenLease>();
  readonly #stalenessMax: number;

  /** A lease lives on until so many versions have followed its own. */
  constructor(stalenessMax: number) {
    this.#stalenessMax = stalenessMax;
  }

  give({ lease, version, deadlineInMs }: AssignMessage, nowMs: number): void {
    this.#leases.set(lease, {
      version: parseVersion(version)!,
      givenAtMs: nowMs,
      deadlineMs: nowMs + deadlineInMs,
      answered: false,
    });
    const [oldest] = this.#leases.keys();
    if (this.#leases.size > LEASES_REMEMBERED) this.#leases.delete(oldest!);
  }

  get(lease: number): GivenLease | undefined {
    return this.#leases.get(lease);
  }

  answer(lease: number): void {
    const given = this.#leases.get(lease);
    if (given !== undefined) this.#leases.set(lease, { ...given, answered: true });
  }

  end(lease: number): void {
    this.#leases.delete(lease);
  }

  isLive(lease: number, newest: string, nowMs: number): boolean {
    const given = this.#leases.get(lease);
    if (given === undefined || nowMs >= abandonedAtMs(given.givenAtMs, given.deadlineMs)) return false;
    return !isStale(given.version, parseVersion(newest)!, this.#stalenessMax);
  }

  live(newest: string, nowMs: number): readonly (readonly [lease: number, given: GivenLease])[] {
    return [...this.#leases].filter(([lease]) => this.isLive(lease, newest, nowMs));
  }
}

/** As many as a volunteer keeps unanswered. */
export const LEASES_REMEMBERED = 16;
