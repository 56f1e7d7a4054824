/**
 * A curve that nobody has pointed at yet: its line, its checks and its ends, without the library that draws it with axes and a crosshair.
 */

import { memo } from 'react';
import { CurveFrame } from './curve-frame.tsx';
import { rangeOf, short, stepsOf, ticksOf } from './range.ts';
import type { RunLine } from './run-line.ts';
import { keepFor, smoothed } from './smooth.ts';
import './sketch.css';

/** More of a line than this is finer than it is drawn. */
const POINTS = 240;

interface SketchProps extends RunLine {
  readonly height: number;
}

export const Sketch = memo(function Sketch(props: SketchProps) {
  const { values, count, steps, checks, scale, height } = props;
  const drawing = count + checks.length > 0;
  const [left, right] = stepsOf(
    steps[0] ?? checks[0]?.step ?? 0,
    steps.at(-1) ?? checks.at(-1)?.step ?? 1,
    props,
  );
  const average = smoothed(values, keepFor(count));
  const [bottom, top] = rangeOf(
    count === 0 ? null : Math.min(...average),
    count === 0 ? null : Math.max(...average),
    false,
    checks,
  );
  const x = (step: number) => ((100 * (step - left)) / (right - left)).toFixed(2);
  const y = (value: number) => ((100 * (top - value)) / (top - bottom)).toFixed(2);
  const through = (points: readonly (readonly [step: number, value: number])[]) =>
    points.map(([step, value], i) => `${i === 0 ? 'M' : 'L'}${x(step)} ${y(value)}`).join('');
  const shown = average
    .map((value, i) => [steps[i]!, value] as const)
    .filter((_, i) => i % Math.ceil(count / POINTS) === 0 || i === count - 1);
  const measured = checks.map(({ step, value }) => [step, value] as const);
  return (
    <CurveFrame line={props} at={count - 1} check={checks.at(-1)} height={height}>
      {drawing && (
        <div className="sketch">
          <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
            <path className="values" d={through(shown)} />
            <path className="checks" d={through(measured)} />
            <path className="check" d={measured.map((one) => `${through([one])}h0`).join('')} />
          </svg>
          {ticksOf(bottom * scale, top * scale, 2).map((value) => (
            <span key={value} className="value" style={{ top: `${y(value / scale)}%` }}>
              {short(value)}
            </span>
          ))}
          {ticksOf(left, right, 4, 1).map((step) => (
            <span key={step} className="step" style={{ left: `${x(step)}%` }}>
              {step}
            </span>
          ))}
        </div>
      )}
    </CurveFrame>
  );
});
