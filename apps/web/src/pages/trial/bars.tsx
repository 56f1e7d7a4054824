import type { Samples } from '@manyhands/protocol';
import { percent } from '../../look/figures.ts';

export interface BarsProps {
  readonly target: Exclude<Samples['target'], { kind: 'classes' }>;
  readonly outputs: Float32Array | undefined;
}

/** How sure the model is of each class, as bars that move while it learns; plain numbers where there are no classes. */
export function Bars({ target, outputs }: BarsProps) {
  if (target.kind === 'values') {
    return (
      <ol className="bars values" aria-label="Answer">
        {[...(outputs ?? [])].map((value, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an output is known by its place.
          <li key={i}>{value.toPrecision(4)}</li>
        ))}
      </ol>
    );
  }
  const parts = outputs === undefined ? undefined : probabilities(outputs, target.classes.length);
  const bars = target.classes.map((name, i) => ({ key: name, name, part: parts?.[i] }));
  return <BarList label="How sure the model is of each answer" bars={bars} />;
}

interface BarListProps {
  readonly label: string;
  readonly bars: readonly {
    readonly key: string;
    readonly name: string;
    readonly part: number | undefined;
  }[];
}

/** A bar for each part of a whole, the largest of them marked; dashes while they are not known. */
export function BarList({ label, bars }: BarListProps) {
  const largest = Math.max(...bars.map(({ part }) => part ?? 0));
  const best = bars.findIndex(({ part }) => part === largest);
  return (
    <ol className="bars" aria-label={label}>
      {bars.map(({ key, name, part }, i) => (
        <li key={key} className={i === best ? 'best' : undefined}>
          <span className="bar-name">{name}</span>
          <span className="bar" aria-hidden="true">
            <span style={{ transform: `scaleX(${part ?? 0})` }} />
          </span>
          <span className="bar-part">
            {percent(part)}
            <span className="unit">%</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

/** One output for two classes says how likely the second is. */
function probabilities(outputs: Float32Array, classes: number): readonly number[] {
  const [first = 0] = outputs;
  return outputs.length === 1 && classes === 2 ? [1 - first, first] : [...outputs];
}
