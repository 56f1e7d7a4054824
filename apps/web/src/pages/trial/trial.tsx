import { type JobProgram, type JobView, ROUTES } from '@manyhands/protocol';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useProgram } from '../../live/api.ts';
import { answerOf, useTrial } from '../../live/trial.ts';
import { JobPage } from '../../parts/job-page.tsx';
import { Notice } from '../../parts/notice.tsx';
import { BlankRows, Waiting } from '../../parts/waiting.tsx';
import { Ring } from '../../ring/ring.tsx';
import { Bars, type BarsProps } from './bars.tsx';
import { DigitPad } from './digit-pad.tsx';
import { TextTrial } from './text-trial.tsx';
import { TrialFrame } from './trial-frame.tsx';
import { Values } from './values.tsx';
import './trial.css';

/** The thing itself: something to put in, the model's answer beside it, on the person's own device. */
export function TrialPage({ job }: { readonly job: string }) {
  const { data: program, error, failureReason } = useProgram(job);
  const trouble =
    error?.message ?? (failureReason && `${failureReason.message} It is asked again by itself.`);
  return (
    <JobPage
      job={job}
      titled={({ about }) => `Try: ${about.title}`}
      waiting={(words) => <Empty words={words} />}
    >
      {(live, { contact }) =>
        program === undefined ? (
          <Empty words={<Waiting trouble={trouble ?? undefined} what="Fetching what there is to try…" />} />
        ) : program.trial === 'none' ? (
          <Notice title="There is no page to try this model on">
            It can be downloaded from <Link href={ROUTES.dashboardPage(job)}>its dashboard</Link>.
          </Notice>
        ) : (
          <Trying job={live.job} program={program} heard={contact.at === 'live'} />
        )
      }
    </JobPage>
  );
}

/** The same page before it is known what there is to try. */
function Empty({ words }: { readonly words: ReactNode }) {
  return (
    <div className="trial">
      <div className="trial-head">{words}</div>
      <div className="trial-rest">
        <Ring live={undefined} />
      </div>
      <BlankRows count={6} />
    </div>
  );
}

interface TryingProps {
  readonly job: JobView;
  readonly program: JobProgram;
  /** False while the server is silent. */
  readonly heard: boolean;
}

function Trying({ job, program, heard }: TryingProps) {
  const { target } = program.samples;
  return target.kind === 'classes' ? (
    <TextTrial job={job} program={program} alphabet={target.classes} heard={heard} />
  ) : (
    <OneAnswer job={job} program={program} target={target} heard={heard} />
  );
}

interface OneAnswerProps extends TryingProps {
  readonly target: BarsProps['target'];
}

function OneAnswer({ job, program, target, heard }: OneAnswerProps) {
  const [input, setInput] = useState<Float32Array>();
  const state = useTrial(job.id, input, job.step, heard);
  const draws = program.trial === 'digit-pad';
  const Input = draws ? DigitPad : Values;
  return (
    <TrialFrame
      job={job}
      title={draws ? 'Draw a digit' : `Ask: ${job.about.title}`}
      input={<Input program={program} onInput={setInput} />}
      answer={<Bars target={target} outputs={answerOf(state)?.outputs} />}
      state={state}
    />
  );
}
