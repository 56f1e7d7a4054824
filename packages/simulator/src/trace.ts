/**
 * A world as text: one line for what the coordinator is told, and indented under it what it answers. Ticks that lead to
 * nothing and pulls that only wait are left out, so that a page of text is a story.
 */

import { type Effect, type Event, formatVersion, type HistoryEntry, type Lease } from '@manyhands/core';
import type { Observation } from './observation.ts';

export class Trace {
  readonly #lines: string[] = [];

  readonly observe = (seen: Observation): void => {
    switch (seen.type) {
      case 'started':
        this.#say(seen.nowMs, `the server starts from ${formatVersion(seen.from.version)}`);
        return;
      case 'crashed':
        this.#say(seen.nowMs, 'the server dies');
        return;
      case 'ended':
        this.#say(seen.nowMs, 'the server ends');
        return;
      case 'rotted':
        this.#say(seen.nowMs, `the disk loses a bit of ${formatVersion(seen.version)}`);
        return;
      case 'answering':
      case 'reopened':
      case 'withheld':
      case 'disowned':
      case 'residual-lost':
      case 'left-over':
        return;
      case 'told': {
        const answers = seen.effects.map(wordsOfEffect).filter((words) => words !== undefined);
        const quiet = seen.event.type === 'ticked' || seen.event.type === 'lease-pulled';
        if (quiet && answers.length === 0) return;
        this.#say(seen.nowMs, wordsOfEvent(seen.event));
        for (const words of answers) this.#lines.push(`${' '.repeat(TIME_WIDTH)}    ${words}`);
      }
    }
  };

  /** The last so many lines, or all. */
  text(lines = Number.POSITIVE_INFINITY): string {
    return `${this.#lines.slice(-lines).join('\n')}\n`;
  }

  #say(nowMs: number, words: string): void {
    this.#lines.push(`${(nowMs / 1_000).toFixed(3).padStart(TIME_WIDTH)}  ${words}`);
  }
}

const TIME_WIDTH = 9;

function wordsOfEvent(event: Event): string {
  switch (event.type) {
    case 'volunteer-joined':
      return `volunteer ${event.volunteer} joins as ${event.account}`;
    case 'volunteer-lost':
      return `volunteer ${event.volunteer} is lost`;
    case 'volunteer-returned':
      return `volunteer ${event.volunteer} is back`;
    case 'volunteer-left':
      return `volunteer ${event.volunteer} leaves`;
    case 'lease-pulled':
      return `volunteer ${event.volunteer} pulls`;
    case 'lease-released':
      return `volunteer ${event.volunteer} gives lease ${event.lease} back`;
    case 'contribution-arrived':
    case 'contribution-unreadable':
    case 'evaluation-arrived':
      return `volunteer ${event.volunteer} answers lease ${event.lease}`;
    case 'checkpoint-durable':
      return `the checkpoint of ${formatVersion(event.version)} is durable`;
    case 'checkpoint-failed':
      return `the checkpoint of ${formatVersion(event.version)} cannot be written`;
    case 'pause-asked':
      return 'somebody presses pause';
    case 'resume-asked':
      return 'somebody presses resume';
    case 'stop-asked':
      return 'somebody presses stop';
    case 'drain-asked':
      return 'the server is about to end';
    case 'ticked':
      return 'time passes';
  }
}

function wordsOfEffect(effect: Effect): string | undefined {
  switch (effect.type) {
    case 'publish':
      return `publish ${formatVersion(effect.version)}`;
    case 'assign':
      return wordsOfLease(effect.lease);
    case 'accept':
      return `accept lease ${effect.lease}`;
    case 'refuse':
      return `refuse lease ${effect.lease}: ${effect.reason}`;
    case 'save':
      return `save ${formatVersion(effect.checkpoint.version)}`;
    case 'status':
      return `the job is ${effect.status}`;
    case 'drained':
      return 'no lease is live';
    case 'serving':
      return undefined;
    case 'record':
      return wordsOfEntry(effect.entry);
  }
}

function wordsOfLease({ id, volunteer, kind, run, backup, deadlineMs }: Lease): string {
  const last = run.first + run.count - 1;
  const units = run.count === 1 ? `unit ${run.first}` : `units ${run.first}–${last}`;
  const what = kind === 'train' ? units : `${units} of the evaluation`;
  const copy = backup ? ', a backup copy' : '';
  return `lease ${id} to ${volunteer}: ${what}${copy}, until ${(deadlineMs / 1_000).toFixed(3)}`;
}

/** What other effects or the event itself already say is not said again. */
function wordsOfEntry(entry: HistoryEntry): string | undefined {
  switch (entry.kind) {
    case 'step':
      return `step ${entry.training.step} had a loss of ${entry.training.loss.toPrecision(6)}`;
    case 'evaluation':
      return `step ${entry.evaluation.step} is measured: a loss of ${entry.evaluation.loss.toPrecision(6)}`;
    case 'lost':
      return `units that may be copied: ${entry.units}`;
    case 'returned':
      return `units that it still has: ${entry.units}`;
    case 'left':
      return `units that go back: ${entry.unitsReturned}`;
    case 'lease-ended':
      return `a lease of ${entry.volunteer} is ${entry.end}, units: ${entry.units}`;
    case 'compared':
      return `the second answer of ${entry.volunteer} ${entry.agrees ? 'agrees' : 'differs'}`;
    case 'class-changed':
      return `${entry.to.backend} has the turn; units of step ${entry.step} begun again: ${entry.units}`;
    case 'diverged':
      return `step ${entry.step} has diverged`;
    default:
      return undefined;
  }
}
