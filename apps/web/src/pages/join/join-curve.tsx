/**
 * What the run has come to so far, below what a volunteer came for. A chart that can be read off takes more program than the rest of the
 * page, so this is a sketch of it until somebody points at it, or this device has given something.
 */

import type { JobView } from '@manyhands/protocol';
import { useEffect, useState } from 'react';
import { useLossLine, useMetricLine } from '../../curve/run-line.ts';
import { Sketch } from '../../curve/sketch.tsx';
import type { RunHistory } from '../../live/history.ts';

type Curves = typeof import('../../curve/run-curves.tsx');

interface JoinCurveProps {
  readonly history: RunHistory;
  readonly metricName: JobView['metricName'];
  /** Something was given already: the chart is fetched while there is a network, whatever the person does. */
  readonly hasGiven: boolean;
  /** The server answers; a fetch that failed is made again when it does once more. */
  readonly online: boolean;
}

export function JoinCurve({ history, metricName, hasGiven, online }: JoinCurveProps) {
  const [pointed, setPointed] = useState(false);
  const [curves, setCurves] = useState<Curves>();
  const wanted = (pointed || hasGiven) && online;
  const [loss, metric] = [useLossLine(history), useMetricLine(history, metricName)];
  const isMeasured = history.evaluations.length > 0;

  useEffect(() => {
    if (wanted) import('../../curve/run-curves.tsx').then(setCurves, () => {});
  }, [wanted]);

  return (
    <div onPointerEnter={() => setPointed(true)}>
      {curves === undefined ? (
        <Sketch {...(isMeasured ? metric : loss)} height={CURVE_HEIGHT} />
      ) : isMeasured ? (
        <curves.MetricCurve history={history} metricName={metricName} height={CURVE_HEIGHT} />
      ) : (
        <curves.LossCurve history={history} height={CURVE_HEIGHT} />
      )}
    </div>
  );
}

const CURVE_HEIGHT = 160;
