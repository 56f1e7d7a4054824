import type { JobView } from '@manyhands/protocol';
import type { ReactNode } from 'react';
import type { TrialState } from '../../live/trial.ts';
import { count } from '../../look/figures.ts';
import { Durable } from '../../parts/durable.tsx';

interface TrialFrameProps {
  readonly job: JobView;
  readonly title: string;
  /** Where a person puts something in. */
  readonly input: ReactNode;
  /** What the model says of it. */
  readonly answer: ReactNode;
  readonly state: TrialState;
}

/** What all trials have in common: the thing itself, and beside it the answer with the step that gave it. */
export function TrialFrame({ job, title, input, answer, state }: TrialFrameProps) {
  return (
    <div className="trial">
      <div className="trial-head">
        <h1>{title}</h1>
        <p className="muted">
          The newest model answers on your own device. Nothing that you put in is sent anywhere.
        </p>
      </div>
      <div className="trial-input">{input}</div>
      <div className="trial-answer">
        {answer}
        <p className="muted small" role="status">
          {stateWords(state, job)}
        </p>
        {state.at === 'failed' && state.again !== undefined && (
          <button type="button" onClick={state.again}>
            Try again
          </button>
        )}
        <p className="small">
          <Durable job={job} short />
        </p>
      </div>
    </div>
  );
}

function stateWords(state: TrialState, job: JobView): string {
  if (state.at === 'failed') return state.sentence;
  if (state.at === 'preparing') {
    return `${state.what}${state.total > 1 ? `, ${state.done} of ${state.total}` : ''}…`;
  }
  if (state.answer === undefined) return 'The answer appears here.';
  const learns = job.status === 'running' ? ' It is still learning.' : '';
  return `Answered by step ${count(state.answer.step)} of ${count(job.steps)}.${learns}`;
}
