import type { JobProgram } from '@manyhands/protocol';
import { type Dispatch, useId } from 'react';
import { count } from '../../look/figures.ts';
import { type Alphabet, piecesOf } from './continuation.ts';
import { useHeldOut } from './held-out.ts';
import type { Writing, WritingEvent } from './writing.ts';

const TYPED_MAX = 1_000;
const TEMPERATURE_MAX = 1.5;

interface SheetProps {
  readonly program: JobProgram;
  readonly alphabet: Alphabet;
  readonly writing: Writing;
  readonly dispatch: Dispatch<WritingEvent>;
  /** The model is there, and there is something that it can read. */
  readonly ready: boolean;
}

/** Where a person begins a text and reads how it goes on. */
export function Sheet({ program, alphabet, writing, dispatch, ready }: SheetProps) {
  const { at, typed, written, temperature } = writing;
  const samples = useHeldOut(program);
  const heldOut = samples.at === 'here' ? samples.heldOut : undefined;
  const field = useId();
  const type = (text: string) => dispatch({ type: 'typed', text });
  const showExample = () => {
    if (heldOut === undefined) return;
    const codes = heldOut.input(Math.floor(Math.random() * heldOut.count));
    type(Array.from(codes, (code) => alphabet[code]).join(''));
  };
  return (
    <div className="sheet">
      <label htmlFor={field}>What the text begins with</label>
      <textarea
        id={field}
        rows={3}
        maxLength={TYPED_MAX}
        value={typed}
        placeholder="Type a few words"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        onChange={(event) => type(event.target.value)}
      />
      <LeftOut typed={typed} alphabet={alphabet} />
      <label className="sheet-temperature">
        <span className="slider-name">
          Temperature <output>{temperature.toFixed(2)}</output>
        </span>
        <input
          type="range"
          min={0}
          max={TEMPERATURE_MAX}
          step={0.05}
          value={temperature}
          onChange={(event) => dispatch({ type: 'temperature', value: Number(event.target.value) })}
        />
        <span className="muted small">
          At 0 the likeliest character always comes next; the higher, the more often another.
        </span>
      </label>
      <div className="pad-row">
        {at === 'writing' ? (
          <button type="button" onClick={() => dispatch({ type: 'stop' })}>
            Stop
          </button>
        ) : (
          <button type="button" disabled={!ready} onClick={() => dispatch({ type: 'go' })}>
            Continue
          </button>
        )}
        <button
          type="button"
          disabled={!ready || written === '' || temperature === 0}
          onClick={() => dispatch({ type: 'another' })}
        >
          Another way
        </button>
        <button type="button" disabled={heldOut === undefined} onClick={showExample}>
          Held-out words
        </button>
      </div>
      {written !== '' && <Text writing={writing} alphabet={alphabet} />}
    </div>
  );
}

/** Says what the model cannot read, where there is any. */
function LeftOut({ typed, alphabet }: { readonly typed: string; readonly alphabet: Alphabet }) {
  const unknown = new Set(piecesOf(typed, alphabet).flatMap(({ text, known }) => (known ? [] : [...text])));
  if (unknown.size === 0) return null;
  return (
    <p className="sheet-left-out small" role="status">
      Skipped, because the model has never seen it: <s>{[...unknown].join(' ')}</s>
    </p>
  );
}

/** The whole text: what was typed, without what is skipped, and how it goes on. */
function Text({ writing, alphabet }: { readonly writing: Writing; readonly alphabet: Alphabet }) {
  const { at, typed, written } = writing;
  return (
    <section aria-label="The text so far" aria-busy={at === 'writing'}>
      <p className="sheet-text">
        {piecesOf(typed, alphabet).map(({ text, known }, i) => {
          const Piece = known ? 'span' : 's';
          // biome-ignore lint/suspicious/noArrayIndexKey: a piece is known by its place.
          return <Piece key={i}>{text}</Piece>;
        })}
        <strong>{written}</strong>
        {at === 'writing' && <span className="sheet-pen" aria-hidden="true" />}
      </p>
      <p className="muted small" role="status">
        {at === 'writing' ? 'Writing…' : `${count([...written].length)} characters were written.`}
      </p>
    </section>
  );
}
