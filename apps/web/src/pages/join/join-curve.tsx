/**
 * What the run has come to so far, below what a volunteer came for. To draw it takes more program than the rest of the page, so it is
 * fetched when its place is seen, or when this device has given something.
 */

import type { JobView } from '@manyhands/protocol';
import { useEffect, useRef, useState } from 'react';
import type { RunHistory } from '../../live/history.ts';
import { BlankCurve } from '../../parts/waiting.tsx';

type Curves = typeof import('../../curve/run-curves.tsx');

interface JoinCurveProps {
  readonly history: RunHistory;
  readonly metricName: JobView['metricName'];
  /** Something was given already: this is fetched while there is a network, wherever the person looks. */
  readonly hasGiven: boolean;
  /** The server answers; a fetch that failed is made again when it does once more. */
  readonly online: boolean;
}

export function JoinCurve({ history, metricName, hasGiven, online }: JoinCurveProps) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const [curves, setCurves] = useState<Curves>();
  const wanted = (seen || hasGiven) && online;

  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry!.isIntersecting && setSeen(true));
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (wanted) import('../../curve/run-curves.tsx').then(setCurves, () => {});
  }, [wanted]);

  return (
    <div ref={place}>
      {curves === undefined ? (
        <BlankCurve height={CURVE_HEIGHT} />
      ) : history.evaluations.length > 0 ? (
        <curves.MetricCurve history={history} metricName={metricName} height={CURVE_HEIGHT} />
      ) : (
        <curves.LossCurve history={history} height={CURVE_HEIGHT} />
      )}
    </div>
  );
}

const CURVE_HEIGHT = 160;
