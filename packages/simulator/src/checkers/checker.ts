/**
 * A checker watches one rule in one world. It knows the rule from the specification and not from the code that it
 * watches; what it needs to remember it keeps itself.
 */

import type { Observer } from '../observation.ts';

/** Throws `BrokenRule` at the first observation that breaks its rule. */
export type Checker = Observer;

export class BrokenRule extends Error {
  /** The ID in SPEC.md. */
  readonly rule: string;

  constructor(rule: string, sentence: string) {
    super(sentence);
    this.name = 'BrokenRule';
    this.rule = rule;
  }
}

export function demand(holds: boolean, rule: string, sentence: () => string): asserts holds {
  if (!holds) throw new BrokenRule(rule, sentence());
}

/** The same bytes; a NaN equals itself and −0 does not equal 0. */
export function sameBytes(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}
