import type { Samples } from '@manyhands/protocol';
import { percent } from '../../look/figures.ts';

interface BarsProps {
  readonly target: Samples['target'];
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
  const best = parts === undefined ? -1 : parts.indexOf(Math.max(...parts));
  return (
    <ol className="bars" aria-label="How sure the model is of each answer">
      {target.classes.map((name, i) => (
        <li key={name} className={i === best ? 'best' : undefined}>
          <span className="bar-name">{name}</span>
          <span className="bar" aria-hidden="true">
            <span style={{ transform: `scaleX(${parts?.[i] ?? 0})` }} />
          </span>
          <span className="bar-part">
            {percent(parts?.[i])}
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
