import type { JobProgram } from '@manyhands/protocol';
import { useEffect, useMemo, useState } from 'react';
import { type HeldOut, useHeldOut } from './held-out.ts';

interface ValuesProps {
  readonly program: JobProgram;
  readonly onInput: (input: Float32Array | undefined) => void;
}

/** One slider for each input, over the range that the held-out samples have; where there are none, a number to type. */
export function Values({ program, onInput }: ValuesProps) {
  const state = useHeldOut(program);
  switch (state.at) {
    case 'fetching':
      return <p className="muted">{state.trouble ?? 'Fetching samples to start from…'}</p>;
    case 'here':
      return <Sliders program={program} heldOut={state.heldOut} onInput={onInput} />;
    case 'none':
      return <Numbers program={program} onInput={onInput} why={state.sentence} />;
  }
}

/** Nobody knows the range of the inputs, so a person types them. */
function Numbers({ program: { inputNames, samples }, onInput, why }: ValuesProps & { readonly why: string }) {
  const count = samples.input.shape.reduce((product, axis) => product * axis, 1);
  const [values, setValues] = useState<readonly number[]>(() => new Array<number>(count).fill(0));
  const scale = samples.input.scale || 1;
  useEffect(() => onInput(Float32Array.from(values, (value) => value * scale)), [values, scale, onInput]);
  return (
    <div className="sliders">
      <p className="muted small">{why} So there is no range to slide over: type the numbers.</p>
      {values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an input is known by its place.
        <label key={i}>
          <span className="slider-name">{inputNames?.[i] ?? `Input ${i + 1}`}</span>
          <input
            type="number"
            step="any"
            defaultValue={value}
            onChange={(event) => setValues(values.with(i, event.target.valueAsNumber || 0))}
          />
        </label>
      ))}
    </div>
  );
}

interface SlidersProps extends ValuesProps {
  readonly heldOut: HeldOut;
}

/** The model is given scaled numbers; a person reads those of the dataset. */
function Sliders({ program: { inputNames, samples }, heldOut, onInput }: SlidersProps) {
  const scale = samples.input.scale || 1;
  const ranges = useMemo(() => rangesOf(heldOut), [heldOut]);
  const [input, setInput] = useState(() => heldOut.input(0));
  const [example, setExample] = useState(heldOut.answer(0));
  useEffect(() => onInput(input), [input, onInput]);

  const slide = (index: number, value: number) => {
    setInput((was) => was.with(index, value));
    setExample(undefined);
  };
  const showExample = () => {
    const index = Math.floor(Math.random() * heldOut.count);
    setInput(heldOut.input(index));
    setExample(heldOut.answer(index));
  };
  return (
    <div className="sliders">
      {ranges.map(({ low, high }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an input is known by its place.
        <label key={i}>
          <span className="slider-name">
            {inputNames?.[i] ?? `Input ${i + 1}`}{' '}
            <output>{Number((input[i]! / scale).toPrecision(3))}</output>
          </span>
          <input
            type="range"
            min={low}
            max={high}
            step={(high - low) / 200 || 1}
            value={input[i]}
            onChange={(event) => slide(i, Number(event.target.value))}
          />
        </label>
      ))}
      <div className="pad-row">
        <button type="button" onClick={showExample}>
          A held-out sample
        </button>
        {example !== undefined && <p className="muted small">It is {example}.</p>}
      </div>
    </div>
  );
}

function rangesOf(heldOut: HeldOut): readonly { readonly low: number; readonly high: number }[] {
  const inputs = Array.from({ length: heldOut.count }, (_, index) => heldOut.input(index));
  return Array.from(inputs[0] ?? [], (_, i) => {
    const values = inputs.map((input) => input[i]!);
    return { low: Math.min(...values), high: Math.max(...values) };
  });
}
