/** The two curves that every run has, for every page that shows one. */

import type { JobView } from '@manyhands/protocol';
import type { RunHistory } from '../live/history.ts';
import { Curve } from './curve.tsx';
import { useLossLine, useMetricLine } from './run-line.ts';

interface RunCurveProps {
  readonly history: RunHistory;
  readonly height: number;
}

export function LossCurve({ history, height }: RunCurveProps) {
  const { checkpoints, recoveries } = history;
  return <Curve {...useLossLine(history)} {...{ checkpoints, recoveries, height }} />;
}

export function MetricCurve({
  history,
  height,
  metricName,
}: RunCurveProps & { readonly metricName: JobView['metricName'] }) {
  const { checkpoints, recoveries } = history;
  return <Curve {...useMetricLine(history, metricName)} {...{ checkpoints, recoveries, height }} />;
}
