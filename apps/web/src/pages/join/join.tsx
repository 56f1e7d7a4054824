import { type JobLive, ROUTES } from '@manyhands/protocol';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { RunHistory } from '../../live/history.ts';
import { type PageVolunteer, useVolunteer } from '../../live/volunteer.ts';
import { Durable } from '../../parts/durable.tsx';
import { JobPage } from '../../parts/job-page.tsx';
import { lastRefused } from '../../ring/refused.ts';
import { Ring } from '../../ring/ring.tsx';
import { Ask } from './ask.tsx';
import { Ended } from './ended.tsx';
import { Given } from './given.tsx';
import { Helping } from './helping.tsx';
import { JoinCurve } from './join-curve.tsx';
import './join.css';

/** What a volunteer opens, on a phone first: what the job is, the ring, one button. */
export function JoinPage({ job }: { readonly job: string }) {
  return (
    <JobPage
      job={job}
      titled={({ about }) => `Help: ${about.title}`}
      waiting={(words) => (
        <div className="join">
          <div className="join-head">{words}</div>
          <div className="join-ring">
            <Ring live={undefined} />
          </div>
        </div>
      )}
    >
      {(live, { history, contact }) => (
        <Joined live={live} history={history} online={contact.at === 'live'} />
      )}
    </JobPage>
  );
}

interface JoinedProps {
  readonly live: JobLive;
  readonly history: RunHistory;
  readonly online: boolean;
}

function Joined({ live, history, online }: JoinedProps) {
  const { job } = live;
  const volunteer = useVolunteer(job.id);
  return (
    <div className="join">
      <div className="join-head">
        <h1>{job.about.title}</h1>
        <p>
          {job.about.summary} <span className="muted">Run by {job.about.operator}.</span>
        </p>
      </div>
      <Part live={live} log={history.log} volunteer={volunteer} />
      <div className="join-curve">
        <JoinCurve
          history={history}
          metricName={job.metricName}
          hasGiven={(volunteer?.mirror.given.units ?? 0) > 0}
          online={online}
        />
        <p className="join-more">
          {job.trial !== 'none' && <Link href={ROUTES.trialPage(job.id)}>Try what it has learned</Link>}
          <Link href={ROUTES.dashboardPage(job.id)}>See everything</Link>
        </p>
        <p className="small">
          <Durable job={job} short />
        </p>
      </div>
    </div>
  );
}

interface PartProps {
  readonly live: JobLive;
  readonly log: RunHistory['log'];
  readonly volunteer: PageVolunteer | undefined;
}

/** The ring and what this device has to do with it. */
function Part({ live, log, volunteer }: PartProps) {
  const { job } = live;
  const phase = volunteer?.mirror.phase.at;
  const mine = phase === 'stopped' ? undefined : volunteer?.mirror.volunteer;
  const refused = useMemo(() => lastRefused(log), [log]);
  const open = job.hosted && (job.status === 'running' || job.status === 'paused');
  return (
    <>
      <div className="join-ring">
        <Ring live={live} mine={mine} refused={refused} />
      </div>
      <div className="join-part">
        {volunteer !== undefined && volunteer.mirror.given.units > 0 && (phase === 'stopped' || !open) && (
          <Given job={job} given={volunteer.mirror.given} />
        )}
        {!open ? (
          <Ended job={job} />
        ) : volunteer === undefined || phase === 'asking' || phase === 'stopped' ? (
          <Ask job={job} link={volunteer?.link} again={phase === 'stopped'} />
        ) : (
          <Helping job={job} volunteer={volunteer} />
        )}
      </div>
    </>
  );
}
