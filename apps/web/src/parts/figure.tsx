import type { ReactNode } from 'react';

interface FigureProps {
  readonly name: string;
  readonly figure: string;
  readonly unit?: string;
  /** What the figure is measured over, or compared with. */
  readonly note?: ReactNode;
  readonly trend?: ReactNode;
}

/** One number with its name, its unit in muted ink, and where it comes from. */
export function Figure({ name, figure, unit, note, trend }: FigureProps) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        <span className="figure-value">
          {figure}
          {unit !== undefined && unit !== '' && <span className="unit">{unit}</span>}
        </span>
        {trend}
        {note !== undefined && <span className="figure-note">{note}</span>}
      </dd>
    </div>
  );
}
