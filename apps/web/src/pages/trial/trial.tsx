import { type JobProgram, type JobView, ROUTES } from '@manyhands/protocol';
import { useState } from 'react';
import { Link } from 'wouter';
import { useProgram } from '../../live/api.ts';
import { type TrialState, useTrial } from '../../live/trial.ts';
import { count } from '../../look/figures.ts';
import { JobPage } from '../../parts/job-page.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Bars } from './bars.tsx';
import { DigitPad } from './digit-pad.tsx';
import { Values } from './values.tsx';
import './trial.css';

/** The thing itself: something to put in, the model's answer beside it, on the person's own device. */
export function TrialPage({ job }: { readonly job: string }) {
  const { data: program, error } = useProgram(job);
  const waiting = (offline: boolean) => (
    <p className="muted">
      {error?.message ?? (offline ? 'Waiting for the server.' : 'Fetching what there is to try…')}
    </p>
  );
  return (
    <JobPage job={job} titled={({ about }) => `Try: ${about.title}`} waiting={waiting}>
      {(live, { contact }) =>
        program === undefined ? (
          waiting(contact.at === 'offline')
        ) : program.trial === 'none' ? (
          <Notice title="There is no page to try this model on">
            It can be downloaded from <Link href={ROUTES.dashboardPage(job)}>its dashboard</Link>.
          </Notice>
        ) : (
          <Trying job={live.job} program={program} />
        )
      }
    </JobPage>
  );
}

function Trying({ job, program }: { readonly job: JobView; readonly program: JobProgram }) {
  const [input, setInput] = useState<Float32Array>();
  const state = useTrial(job.id, input, job.step);
  return (
    <div className="trial">
      <div className="trial-head">
        <h1>{program.trial === 'digit-pad' ? 'Draw a digit' : `Ask: ${job.about.title}`}</h1>
        <p className="muted">
          The newest model answers on your own device. Nothing that you put in is sent anywhere.
        </p>
      </div>
      <div className="trial-input">
        {program.trial === 'digit-pad' ? (
          <DigitPad program={program} onInput={setInput} />
        ) : (
          <Values program={program} onInput={setInput} />
        )}
      </div>
      <div className="trial-answer">
        <Bars target={program.samples.target} outputs={answerOf(state)?.outputs} />
        <p className="muted small" role="status">
          {stateWords(state, job)}
        </p>
      </div>
    </div>
  );
}

function answerOf(state: TrialState) {
  return state.at === 'ready' ? state.answer : undefined;
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
