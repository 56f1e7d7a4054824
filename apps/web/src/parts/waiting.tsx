import './waiting.css';

interface WaitingProps {
  /** Why it takes so long, where that is known; it says that it is tried again. */
  readonly trouble: string | undefined;
  readonly what?: string;
}

/** The words over a page that is not there yet. */
export function Waiting({ trouble, what = 'Reaching the server…' }: WaitingProps) {
  return (
    <div className="waiting" role="status">
      <h1>{trouble === undefined ? 'One moment' : 'Waiting for the server'}</h1>
      <p className="muted">{trouble ?? what}</p>
    </div>
  );
}

/** The place of a word or a line that is not there yet, in the colour of a cell that waits. Nothing of it moves. */
export function Blank({ wide }: { readonly wide: string }) {
  return <span className="blank" style={{ width: wide }} aria-hidden="true" />;
}

/** The place of a curve, as high as one. */
export function BlankCurve({ height }: { readonly height: number }) {
  return (
    <div className="blank-curve" aria-hidden="true">
      <p>
        <Blank wide="72px" />
      </p>
      <div style={{ height }} />
    </div>
  );
}

/** The place of a list under its heading. */
export function BlankRows({ count }: { readonly count: number }) {
  return (
    <div className="blank-rows" aria-hidden="true">
      <Blank wide="96px" />
      <ul>
        {Array.from({ length: count }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
          <li key={i}>
            <Blank wide={WIDTHS[i % WIDTHS.length]!} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const WIDTHS = ['62%', '48%', '71%', '55%'] as const;
