const WIDTH = 96;
const HEIGHT = 24;

interface SparkProps {
  readonly values: readonly (number | null)[];
  /** The line stands on zero, so that a small change looks small. */
  readonly fromZero?: boolean;
}

/** The trend of a number as a word-sized line. What was not measured leaves a gap. */
export function Spark({ values, fromZero = false }: SparkProps) {
  const measured = values.filter((value) => value !== null);
  if (measured.length < 2)
    return <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />;
  const low = fromZero ? 0 : Math.min(...measured);
  const span = Math.max(...measured) - low || 1;
  const x = (i: number) => ((i / (values.length - 1)) * (WIDTH - 4)).toFixed(1);
  const y = (value: number) => (HEIGHT - 3 - ((value - low) / span) * (HEIGHT - 6)).toFixed(1);
  let path = '';
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    path += `${i > 0 && values[i - 1] !== null ? 'L' : 'M'}${x(i)} ${y(value)}`;
  }
  const last = values.at(-1);
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path d={path} />
      {last != null && <circle cx={x(values.length - 1)} cy={y(last)} r="2" />}
    </svg>
  );
}
