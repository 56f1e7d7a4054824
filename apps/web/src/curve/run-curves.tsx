/** The two curves that every run has, for every page that shows one. */

import type { JobView } from '@manyhands/protocol';
import { useMemo } from 'react';
import type { RunHistory } from '../live/history.ts';
import { loss, METRIC_TITLE, metric } from '../look/figures.ts';
import { Curve } from './curve.tsx';

interface RunCurveProps {
  readonly history: RunHistory;
  readonly height: number;
}

export function LossCurve({ history, height }: RunCurveProps) {
  const { evaluations } = history;
  const checks = useMemo(
    () => evaluations.map((check) => ({ step: check.step, value: check.loss })),
    [evaluations],
  );
  return (
    <Curve
      title="Loss"
      steps={history.steps}
      values={history.loss}
      count={history.loss.length}
      checks={checks}
      checkpoints={history.checkpoints}
      recoveries={history.recoveries}
      format={loss}
      height={height}
    />
  );
}

export function MetricCurve({
  history,
  height,
  metricName,
}: RunCurveProps & { readonly metricName: JobView['metricName'] }) {
  const { evaluations } = history;
  const checks = useMemo(
    () => evaluations.map((check) => ({ step: check.step, value: check.metric })),
    [evaluations],
  );
  return (
    <Curve
      title={METRIC_TITLE[metricName]}
      steps={history.steps}
      values={history.metric}
      count={history.metric.length}
      checks={checks}
      checkpoints={history.checkpoints}
      recoveries={history.recoveries}
      height={height}
      {...LOOK[metricName]}
    />
  );
}

const LOOK = {
  accuracy: { unit: ' %', scale: 100, format: (value) => metric('accuracy', value).figure },
  meanAbsoluteError: { unit: '', scale: 1, format: (value) => metric('meanAbsoluteError', value).figure },
} as const satisfies Record<
  JobView['metricName'],
  { unit: string; scale: number; format: (value: number | null | undefined) => string }
>;
