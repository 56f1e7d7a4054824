import { type JobLive, ROUTES } from '@manyhands/protocol';
import { Link } from 'wouter';
import { LossCurve, MetricCurve } from '../../curve/run-curves.tsx';
import type { RunHistory } from '../../live/history.ts';
import { useVolunteer } from '../../live/volunteer.ts';
import { Durable } from '../../parts/durable.tsx';
import { JobPage } from '../../parts/job-page.tsx';
import { Ring } from '../../ring/ring.tsx';
import { Ask } from './ask.tsx';
import { Ended } from './ended.tsx';
import { Given } from './given.tsx';
import { Helping } from './helping.tsx';
import './join.css';

/** What a volunteer opens, on a phone first: what the job is, the ring, one button. */
export function JoinPage({ job }: { readonly job: string }) {
  return (
    <JobPage
      job={job}
      titled={({ about }) => `Help: ${about.title}`}
      waiting={(offline) => <Reaching offline={offline} />}
    >
      {(live, { history }) => <Joined live={live} history={history} />}
    </JobPage>
  );
}

function Reaching({ offline }: { readonly offline: boolean }) {
  return (
    <div className="join">
      <div className="join-head">
        <h1>{offline ? 'The server is not there' : 'One moment'}</h1>
        <p className="muted">
          {offline
            ? 'It may be starting, or the link is old. This page tries again.'
            : 'Reaching the server…'}
        </p>
      </div>
      <div className="join-ring">
        <Ring live={undefined} />
      </div>
    </div>
  );
}

interface JoinedProps {
  readonly live: JobLive;
  readonly history: RunHistory;
}

function Joined({ live, history }: JoinedProps) {
  const { job } = live;
  return (
    <div className="join">
      <div className="join-head">
        <h1>{job.about.title}</h1>
        <p>
          {job.about.summary} <span className="muted">Run by {job.about.operator}.</span>
        </p>
      </div>
      <Part live={live} />
      <div className="join-curve">
        {history.evaluations.length > 0 ? (
          <MetricCurve history={history} metricName={job.metricName} height={CURVE_HEIGHT} />
        ) : (
          <LossCurve history={history} height={CURVE_HEIGHT} />
        )}
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

const CURVE_HEIGHT = 160;

/** The ring and what this device has to do with it. */
function Part({ live }: { readonly live: JobLive }) {
  const { job } = live;
  const volunteer = useVolunteer(job.id);
  const phase = volunteer?.mirror.phase.at;
  const mine = phase === 'stopped' ? undefined : volunteer?.mirror.volunteer;
  const open = job.hosted && (job.status === 'running' || job.status === 'paused');
  return (
    <>
      <div className="join-ring">
        <Ring live={live} mine={mine} />
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
