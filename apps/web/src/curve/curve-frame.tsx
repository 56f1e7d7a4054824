/** What stands around a curve, whoever draws it: its name, what is read off it, and its place. */

import type { ReactNode, RefObject } from 'react';
import type { Check, RunLine } from './run-line.ts';
import './curve.css';

interface CurveFrameProps {
  readonly line: RunLine;
  /** Index of the value that is read off. */
  readonly at: number;
  readonly check: Check | undefined;
  readonly height: number;
  readonly tool?: ReactNode;
  readonly box?: RefObject<HTMLDivElement>;
  /** The drawing, where the owner of `box` does not put it there. */
  readonly children?: ReactNode;
}

export function CurveFrame({ line, at, check, height, tool, box, children }: CurveFrameProps) {
  const { title, unit, steps, values, count, format } = line;
  const empty = count === 0 && line.checks.length === 0;
  return (
    <figure className="curve">
      <figcaption>
        <h2>{title}</h2>
        <p className="readout">
          {count > 0 && (
            <>
              <span className="muted">step {steps[at]}</span> {format(values[at])}
              {unit}
            </>
          )}
          {check !== undefined && (
            <span className="held-out" title={`Measured on held-out samples at step ${check.step}`}>
              held-out {format(check.value)}
              {unit}
            </span>
          )}
        </p>
        {tool}
      </figcaption>
      <div
        ref={box}
        className={empty ? 'curve-box empty' : 'curve-box'}
        role="img"
        aria-label={
          count === 0
            ? `${title}: nothing measured yet`
            : `${title} over ${count} steps, now ${format(values[count - 1])}${unit}`
        }
        style={{ height }}
      >
        {children}
        {empty && <p className="curve-empty">The curve begins with the first finished step.</p>}
      </div>
    </figure>
  );
}
