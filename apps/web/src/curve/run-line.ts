/** What the curves of a run show: its loss and its metric, for whoever draws them. */

import type { JobView } from '@manyhands/protocol';
import { useMemo } from 'react';
import type { RunHistory } from '../live/history.ts';
import { loss, METRIC_TITLE, metric } from '../look/figures.ts';

export interface Check {
  readonly step: number;
  readonly value: number;
}

export interface RunLine {
  readonly title: string;
  readonly unit: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** How many there are: the columns grow in place, and this tells it. */
  readonly count: number;
  /** What was measured on held-out samples. */
  readonly checks: readonly Check[];
  readonly format: (value: number | null | undefined) => string;
  /** What the values are multiplied by to be in `unit`: 100 for percent. */
  readonly scale: number;
}

export function useLossLine({ steps, loss: values, evaluations }: RunHistory): RunLine {
  const checks = useMemo(
    () => evaluations.map((check) => ({ step: check.step, value: check.loss })),
    [evaluations],
  );
  return {
    ...{ title: 'Loss', unit: '', scale: 1, format: loss },
    steps,
    values,
    count: values.length,
    checks,
  };
}

export function useMetricLine(
  { steps, metric: values, evaluations }: RunHistory,
  name: JobView['metricName'],
): RunLine {
  const checks = useMemo(
    () => evaluations.map((check) => ({ step: check.step, value: check.metric })),
    [evaluations],
  );
  return { title: METRIC_TITLE[name], ...LOOK[name], steps, values, count: values.length, checks };
}

const LOOK = {
  accuracy: { unit: ' %', scale: 100, format: (value) => metric('accuracy', value).figure },
  meanAbsoluteError: { unit: '', scale: 1, format: (value) => metric('meanAbsoluteError', value).figure },
} as const satisfies Record<JobView['metricName'], Pick<RunLine, 'unit' | 'scale' | 'format'>>;
