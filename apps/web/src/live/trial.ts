/** The model at hand: loaded once, asked one question at a time, and asked again as it learns. */

import { openTrial, type Trial } from '@manyhands/volunteer';
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Answer {
  /** What was asked: the answer before stays while the next is on its way. */
  readonly input: Float32Array;
  readonly outputs: Float32Array;
  readonly step: number;
}

export type TrialState =
  | { readonly at: 'preparing'; readonly what: string; readonly done: number; readonly total: number }
  | { readonly at: 'ready'; readonly answer: Answer | undefined }
  | Failed;

/** `again` tries once more; undefined where the next question does. */
interface Failed {
  readonly at: 'failed';
  readonly sentence: string;
  readonly again: (() => void) | undefined;
}

type Opening = Exclude<TrialState, { at: 'ready' }> | { readonly at: 'open'; readonly trial: Trial };
type Asked = { readonly at: 'answered'; readonly answer: Answer } | Failed;

/** A model that learns answers the same question anew, but no more often than this. */
const AGAIN_MS = 1_000;

/**
 * The newest model's answer to `input`; `step` is where the job is, so that the answer follows it. What could not be opened
 * is opened again when the server, after a silence, is `heard`.
 */
export function useTrial(
  job: string,
  input: Float32Array | undefined,
  step: number,
  heard: boolean,
): TrialState {
  const opening = useOpening(job, heard);
  const asked = useAsked(opening.at === 'open' ? opening.trial : undefined, input, step);
  if (opening.at !== 'open') return opening;
  if (asked?.at === 'failed') return asked;
  return { at: 'ready', answer: input === undefined ? undefined : asked?.answer };
}

/** The newest answer there is. */
export function answerOf(state: TrialState): Answer | undefined {
  return state.at === 'ready' ? state.answer : undefined;
}

function useOpening(job: string, heard: boolean): Opening {
  const [opening, setOpening] = useState<Opening>(REACHING);
  const [attempt, setAttempt] = useState(0);
  const again = useCallback(() => {
    setOpening(REACHING);
    setAttempt((was) => was + 1);
  }, []);
  const failed = opening.at === 'failed';
  const wasHeard = useRef(heard);
  useEffect(() => {
    if (failed && heard && !wasHeard.current) again();
    wasHeard.current = heard;
  }, [failed, heard, again]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is a reason to open again.
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
      .catch((error: unknown) => show({ at: 'failed', sentence: sentenceOf(error), again }));
    return () => {
      wanted = false;
      opened?.close();
    };
  }, [job, attempt, again]);
  return opening;
}

const REACHING: Opening = { at: 'preparing', what: 'Reaching the server', done: 0, total: 1 };

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
      .then((answer) => setAsked({ at: 'answered', answer: { ...answer, input } }))
      .catch((error: unknown) => setAsked({ at: 'failed', sentence: sentenceOf(error), again: undefined }))
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
