/** The model at hand: loaded once, asked one question at a time, and asked again as it learns. */

import { openTrial, type Trial } from '@manyhands/volunteer';
import { useEffect, useRef, useState } from 'react';

export interface Answer {
  readonly outputs: Float32Array;
  readonly step: number;
}

export type TrialState =
  | { readonly at: 'preparing'; readonly what: string; readonly done: number; readonly total: number }
  | { readonly at: 'ready'; readonly answer: Answer | undefined }
  | { readonly at: 'failed'; readonly sentence: string };

/** A model that learns answers anew, but no more often than this. */
const AGAIN_MS = 1_000;

/** The newest model's answer to `input`; `step` is where the job is, so that the answer follows it. */
export function useTrial(job: string, input: Float32Array | undefined, step: number): TrialState {
  const [state, setState] = useState<TrialState>({
    at: 'preparing',
    what: 'Reaching the server',
    done: 0,
    total: 1,
  });
  const [trial, setTrial] = useState<Trial>();

  useEffect(() => {
    let wanted = true;
    let opened: Trial | undefined;
    const onPreparation = (what: string, done: number, total: number) =>
      wanted && setState({ at: 'preparing', what, done, total });
    openTrial({ server: location.origin, job, onPreparation })
      .then((trial) => {
        opened = trial;
        if (!wanted) return trial.close();
        setTrial(trial);
        setState({ at: 'ready', answer: undefined });
      })
      .catch((error: unknown) => wanted && setState({ at: 'failed', sentence: sentenceOf(error) }));
    return () => {
      wanted = false;
      opened?.close();
    };
  }, [job]);

  const asking = useRef({ busy: false, lastMs: 0, lastInput: undefined as Float32Array | undefined });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new step and a finished turn are reasons to ask again.
  useEffect(() => {
    const { busy, lastMs, lastInput } = asking.current;
    if (trial === undefined || busy) return;
    if (input === undefined) {
      asking.current.lastInput = undefined;
      setState({ at: 'ready', answer: undefined });
      return;
    }
    const wait = input === lastInput ? lastMs + AGAIN_MS - performance.now() : 0;
    if (wait > 0) return;
    asking.current = { busy: true, lastMs: performance.now(), lastInput: input };
    trial
      .predict(input)
      .then((answer) => setState({ at: 'ready', answer }))
      .catch((error: unknown) => setState({ at: 'failed', sentence: sentenceOf(error) }))
      .finally(() => {
        asking.current.busy = false;
        if (asking.current.lastInput !== latest.current) setTurn((was) => was + 1);
      });
  }, [trial, input, step, turn]);
  const latest = useRef(input);
  latest.current = input;
  return state;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
