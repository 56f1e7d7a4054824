/**
 * Credit on its way to the disk. Units of the open round become credit with its version: a round that is lost is computed, and
 * counted, again. A checkpoint carries what was earned since the one before, so it grows with those who helped meanwhile and not with all
 * who ever did; what they have in all is the store's to know. What a checkpoint took that could not be written the next one carries.
 */

import type { AccountId } from './volunteer.ts';

export type Units = ReadonlyMap<AccountId, number>;

export class Earnings {
  #inRound = new Map<AccountId, number>();
  #inVersions = new Map<AccountId, number>();
  #inSave: Units = new Map();

  earn(account: AccountId, units: number): void {
    addUnits(this.#inRound, account, units);
  }

  roundOpened(): void {
    this.#inRound = new Map();
  }

  roundClosed(): void {
    addAll(this.#inVersions, this.#inRound);
  }

  get unitsInRound(): number {
    let sum = 0;
    for (const units of this.#inRound.values()) sum += units;
    return sum;
  }

  /** What the next checkpoint carries. Until `saved` or `notSaved` is told there is no other one. */
  take(): Units {
    this.#inSave = this.#inVersions;
    this.#inVersions = new Map();
    return new Map(this.#inSave);
  }

  saved(): void {
    this.#inSave = new Map();
  }

  notSaved(): void {
    addAll(this.#inVersions, this.#inSave);
    this.#inSave = new Map();
  }
}

export function addAll(credit: Map<AccountId, number>, earned: Units): void {
  for (const [account, units] of earned) addUnits(credit, account, units);
}

function addUnits(credit: Map<AccountId, number>, account: AccountId, units: number): void {
  credit.set(account, (credit.get(account) ?? 0) + units);
}
