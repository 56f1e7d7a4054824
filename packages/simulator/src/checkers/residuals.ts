import { contributionLength, type Job, shapeOf } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

interface Answer {
  readonly given: Float32Array;
  readonly decoded: Float32Array;
}

/**
 * [WR1] In the end, what a volunteer gave with all its answers that count is what was decoded of them and what it still has to send,
 * but for the rounding of additions. Of an answer whose session was given up nobody could tell it, and what died with it is gone.
 */
export function checkResiduals(job: Job): Checker {
  const length = contributionLength(shapeOf(job));
  /** Of each account, the answers whose fate it may know. */
  const accounts = new Map<string, Map<string, Answer>>();
  const counted = new Set<string>();
  let incarnation = 0;

  function answersOf(account: string): Map<string, Answer> {
    const answers = accounts.get(account) ?? new Map<string, Answer>();
    accounts.set(account, answers);
    return answers;
  }

  return (seen) => {
    switch (seen.type) {
      case 'started':
        incarnation = seen.from.version.incarnation;
        return;
      case 'told':
        for (const effect of seen.effects) {
          if (effect.type === 'accept') counted.add(`${incarnation}/${effect.lease}`);
        }
        return;
      case 'withheld':
        answersOf(seen.account).set(seen.lease, { given: seen.given.slice(), decoded: seen.decoded });
        return;
      case 'disowned':
        for (const lease of seen.leases) answersOf(seen.account).delete(lease);
        return;
      case 'residual-lost':
        answersOf(seen.account).clear();
        return;
      case 'left-over': {
        const owed = new Float64Array(length);
        const size = new Float64Array(length);
        for (const [lease, { given, decoded }] of answersOf(seen.account)) {
          if (!counted.has(lease)) continue;
          for (let i = 0; i < length; i++) {
            owed[i]! += given[i]! - decoded[i]!;
            size[i]! += Math.abs(given[i]!) + Math.abs(decoded[i]!);
          }
        }
        const left = Float64Array.from(seen.residual);
        for (const { lease, lent, leftOut } of seen.onTheWay) {
          const due = counted.has(lease) ? leftOut : lent;
          for (let i = 0; i < length; i++) left[i]! += due[i]!;
        }
        const off = owed.findIndex((x, i) => !(Math.abs(x - left[i]!) <= ROUNDING * (size[i]! + 1)));
        demand(off < 0, 'WR1', () => `${seen.account} owes ${owed[off]} and has ${left[off]} to send`);
        return;
      }
      default:
        return;
    }
  };
}

const ROUNDING = 1e-5;
