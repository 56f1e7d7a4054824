import type { JobProgram, JobView } from '@manyhands/protocol';
import { useEffect, useMemo, useReducer, useState } from 'react';
import { answerOf, useTrial } from '../../live/trial.ts';
import { BarList } from './bars.tsx';
import { type Alphabet, chancesAt, likeliest, readingOf } from './continuation.ts';
import { Sheet } from './sheet.tsx';
import { TrialFrame } from './trial-frame.tsx';
import { BLANK, write } from './writing.ts';

/** How many of the characters that may come next are shown. */
const ROWS = 10;

interface TextTrialProps {
  readonly job: JobView;
  readonly program: JobProgram;
  readonly alphabet: Alphabet;
  /** False while the server is silent. */
  readonly heard: boolean;
}

/** A line to type in, which the model goes on with; beside it what it thinks comes next. */
export function TextTrial({ job, program, alphabet, heard }: TextTrialProps) {
  const [writing, dispatch] = useReducer(write, BLANK);
  const text = writing.typed + writing.written;
  const [context = 0] = program.samples.input.shape;
  const reading = useMemo(() => readingOf(text, alphabet, context), [text, alphabet, context]);
  const state = useTrial(job.id, reading?.input, job.step, heard);
  const answer = answerOf(state);
  /** Those of the text before stay until those of this one are known. */
  const [chances, setChances] = useState<Float32Array>();

  useEffect(() => {
    if (reading === undefined) setChances(undefined);
    if (reading === undefined || answer?.input !== reading.input) return;
    const told = chancesAt(answer.outputs, reading.place, alphabet);
    setChances(told);
    if (writing.at === 'writing') dispatch({ type: 'told', chances: told, alphabet });
  }, [answer, reading, alphabet, writing.at]);

  const ready = state.at === 'ready' && reading !== undefined;
  return (
    <TrialFrame
      job={job}
      title="Begin a sentence"
      input={
        <Sheet program={program} alphabet={alphabet} writing={writing} dispatch={dispatch} ready={ready} />
      }
      answer={
        <div className="next">
          <p>What comes next</p>
          <BarList label="How likely each character is next" bars={barsOf(chances, alphabet)} />
        </div>
      }
      state={state}
    />
  );
}

function barsOf(chances: Float32Array | undefined, alphabet: Alphabet) {
  if (chances === undefined) {
    return Array.from({ length: ROWS }, (_, row) => ({ key: String(row), name: '', part: undefined }));
  }
  return likeliest(chances, ROWS).map((code, row) => ({
    key: String(row),
    name: NAMES[alphabet[code]!] ?? alphabet[code]!,
    part: chances[code],
  }));
}

/** Characters that cannot be seen. */
const NAMES: Readonly<Record<string, string>> = { ' ': 'space', '\n': 'new line', '\t': 'tab' };
