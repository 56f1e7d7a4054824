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

type Opening = Exclude<TrialState, { at: 'ready' }> | { readonly at: 'open'; readonly trial: Trial };
type Asked =
  | { readonly at: 'answered'; readonly answer: Answer }
  | { readonly at: 'failed'; readonly sentence: string };

/** A model that learns answers the same question anew, but no more often than this. */
const AGAIN_MS = 1_000;

/** The newest model's answer to `input`; `step` is where the job is, so that the answer follows it. */
export function useTrial(job: string, input: Float32Array | undefined, step: number): TrialState {
  const opening = useOpening(job);
  const asked = useAsked(opening.at === 'open' ? opening.trial : undefined, input, step);
  if (opening.at !== 'open') return opening;
  if (asked?.at === 'failed') return asked;
  return { at: 'ready', answer: input === undefined ? undefined : asked?.answer };
}

function useOpening(job: string): Opening {
  const [opening, setOpening] = useState<Opening>({
    at: 'preparing',
    what: 'Reaching the server',
    done: 0,
    total: 1,
  });
  useEffect(() => {
    let wanted = true;
    let opened: Trial | undefined;
    const show = (next: Opening) => wanted && setOpening(next);
    // Once open, a trial fetches newer parameters by itself; the answer that is there stays while it does.
    const onPreparation = (what: string, done: number, total: number) =>
      opened === undefined && show({ at: 'preparing', what, done, total });
    openTrial({ server: location.origin, job, onPreparation })
      .then((trial) => {
        opened = trial;
        if (wanted) show({ at: 'open', trial });
        else trial.close();
      })
      .catch((error: unknown) => show({ at: 'failed', sentence: sentenceOf(error) }));
    return () => {
      wanted = false;
      opened?.close();
    };
  }, [job]);
  return opening;
}

function useAsked(
  trial: Trial | undefined,
  input: Float32Array | undefined,
  step: number,
): Asked | undefined {
  const [asked, setAsked] = useState<Asked>();
  const [turn, setTurn] = useState(0);
  const last = useRef<{ busy: boolean; atMs: number; input: Float32Array | undefined }>({
    busy: false,
    atMs: 0,
    input: undefined,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new step and a turn that ended are reasons to ask again.
  useEffect(() => {
    if (trial === undefined || input === undefined || last.current.busy) return undefined;
    const waitMs = input === last.current.input ? last.current.atMs + AGAIN_MS - performance.now() : 0;
    if (waitMs > 0) {
      const timer = setTimeout(() => setTurn(turn + 1), waitMs);
      return () => clearTimeout(timer);
    }
    last.current = { busy: true, atMs: performance.now(), input };
    trial
      .predict(input)
      .then((answer) => setAsked({ at: 'answered', answer }))
      .catch((error: unknown) => setAsked({ at: 'failed', sentence: sentenceOf(error) }))
      .finally(() => {
        last.current.busy = false;
        setNext((was) => was + 1);
      });
    return undefined;
  }, [trial, input, step, turn]);

  // What was drawn while the model was busy is asked when it is free.
  const [next, setNext] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the end of an answer is looked at.
  useEffect(() => {
    if (last.current.input !== input) setTurn((was) => was + 1);
  }, [next]);
  return asked;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
