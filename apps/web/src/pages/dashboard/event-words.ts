/** The events of a job as lines that a person reads, and the kinds by which the log filters. */

import { unreachable } from '@manyhands/core';
import { className, type HistoryPoint, type JobView, REFUSAL_SENTENCE } from '@manyhands/protocol';
import { loss, METRIC_TITLE, metric } from '../../look/figures.ts';

type Entry = HistoryPoint['entry'];

export const TOPICS = ['run', 'checks', 'people', 'leases', 'checkpoints'] as const;
export type Topic = (typeof TOPICS)[number];

export function topicOf({ kind }: Entry): Topic {
  switch (kind) {
    case 'step':
    case 'status':
    case 'recovered':
    case 'damaged':
    case 'not-durable':
    case 'diverged':
    case 'class-changed':
      return 'run';
    case 'evaluation':
    case 'compared':
      return 'checks';
    case 'joined':
    case 'lost':
    case 'returned':
    case 'left':
      return 'people';
    case 'lease-ended':
    case 'refused':
    case 'backup':
      return 'leases';
    case 'durable':
      return 'checkpoints';
    default:
      return unreachable(kind);
  }
}

export function eventWords(
  entry: Entry,
  metricName: JobView['metricName'],
): {
  readonly words: string;
  readonly tone: 'plain' | 'warn' | 'bad';
} {
  const plain = (words: string) => ({ words, tone: 'plain' }) as const;
  const warn = (words: string) => ({ words, tone: 'warn' }) as const;
  const bad = (words: string) => ({ words, tone: 'bad' }) as const;
  switch (entry.kind) {
    case 'step':
      return plain(`Step ${entry.training.step}: loss ${loss(entry.training.loss)}`);
    case 'evaluation': {
      const { step, loss: held, metric: value } = entry.evaluation;
      const { figure, unit } = metric(metricName, value);
      return plain(
        `Held-out check at step ${step}: ${METRIC_TITLE[metricName].toLowerCase()} ${figure}${unit && ` ${unit}`}, loss ${loss(held)}`,
      );
    }
    case 'joined':
      return plain(`Volunteer ${entry.volunteer} joined`);
    case 'lost':
      return warn(
        `Volunteer ${entry.volunteer} lost its line${entry.units > 0 ? `, ${units(entry.units)} may be copied` : ''}`,
      );
    case 'returned':
      return plain(`Volunteer ${entry.volunteer} is back`);
    case 'left':
      return plain(
        `Volunteer ${entry.volunteer} left${entry.unitsReturned > 0 ? `, ${units(entry.unitsReturned)} went back` : ''}`,
      );
    case 'lease-ended':
      return entry.end === 'expired'
        ? warn(`${units(entry.units)} of volunteer ${entry.volunteer} came too late and went back`)
        : plain(`${units(entry.units)} of volunteer ${entry.volunteer} ${LEASE_END[entry.end]}`);
    case 'refused':
      return warn(`Refused, volunteer ${entry.volunteer}: ${refusalWords(entry.reason)}`);
    case 'backup':
      return plain(`${units(entry.units)} copied to volunteer ${entry.volunteer}`);
    case 'compared':
      return entry.agrees
        ? plain(`A second answer of volunteer ${entry.volunteer} agrees with ${firstWords(entry.first)}`)
        : bad(`A second answer of volunteer ${entry.volunteer} differs from ${firstWords(entry.first)}`);
    case 'class-changed': {
      const again = entry.units > 0 ? `, ${units(entry.units)} computed again` : '';
      return plain(`From step ${entry.step} on computed by ${className(entry.to)}${again}`);
    }
    case 'durable':
      return plain(`Version ${entry.version} is durable`);
    case 'not-durable':
      return bad(`Version ${entry.version} could not be kept: ${entry.sentence}`);
    case 'recovered':
      return warn(`Went on from ${entry.version} after a restart`);
    case 'damaged':
      return bad(`The checkpoint ${entry.version} was damaged, and the one before it was used`);
    case 'diverged':
      return bad(`Step ${entry.step} gave numbers that are not finite: the job was paused`);
    case 'status':
      return plain(`The job is ${entry.status}`);
    default:
      return unreachable(entry);
  }
}

const LEASE_END = { superseded: 'were done by another first', released: 'went back' } as const;

function firstWords(first: number | undefined): string {
  return first === undefined ? 'the first' : `that of volunteer ${first}`;
}

function units(count: number): string {
  return count === 1 ? '1 unit' : `${count} units`;
}

function refusalWords(reason: string): string {
  return (REFUSAL_SENTENCE as Readonly<Record<string, string>>)[reason] ?? reason;
}
