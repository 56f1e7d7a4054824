import { className, type JobLive } from '@manyhands/protocol';
import { type ReactNode, useMemo, useState } from 'react';
import { LossCurve, MetricCurve } from '../../curve/run-curves.tsx';
import { adminToken } from '../../live/token.ts';
import type { Watching } from '../../live/watch.ts';
import { Ago } from '../../parts/ago.tsx';
import { Durable } from '../../parts/durable.tsx';
import { JobPage } from '../../parts/job-page.tsx';
import { BlankCurve, BlankRows } from '../../parts/waiting.tsx';
import { lastRefused } from '../../ring/refused.ts';
import { Ring } from '../../ring/ring.tsx';
import { Actions } from './actions.tsx';
import { EventLog } from './event-log.tsx';
import { Invite } from './invite.tsx';
import { NoNumbers, Numbers } from './numbers.tsx';
import { newestBin, Reliability } from './reliability.tsx';
import { Volunteers } from './volunteers.tsx';
import './dashboard.css';

/** Everything about one job, live. */
export function DashboardPage({ job }: { readonly job: string }) {
  const [token] = useState(adminToken);
  return (
    <JobPage
      job={job}
      token={token}
      titled={({ about, step }) => `${about.title}, step ${step}`}
      waiting={(words) => <Empty words={words} />}
    >
      {(live, watching) => <Running live={live} watching={watching} token={token} />}
    </JobPage>
  );
}

const CURVE_HEIGHT = 220;

/** The same page before there is anything on it. */
function Empty({ words }: { readonly words: ReactNode }) {
  return (
    <div className="dash">
      {words}
      <NoNumbers />
      <div className="dash-body">
        <div className="dash-ring">
          <Ring live={undefined} />
        </div>
        <div className="dash-curves">
          <BlankCurve height={CURVE_HEIGHT} />
          <BlankCurve height={CURVE_HEIGHT} />
        </div>
      </div>
      <div className="dash-foot">
        <BlankRows count={4} />
        <BlankRows count={4} />
      </div>
    </div>
  );
}

interface RunningProps {
  readonly watching: Watching;
  readonly live: JobLive;
  readonly token: string | undefined;
}

function Running({ watching, live, token }: RunningProps) {
  const { history } = watching;
  const { job } = live;
  const refused = useMemo(() => lastRefused(history.log), [history.log]);
  const open = job.hosted && (job.status === 'running' || job.status === 'paused');
  return (
    <div className="dash">
      <div className="dash-head">
        <div>
          <h1>{job.about.title}</h1>
          <p className="muted">
            <span className="status" data-status={job.status}>
              {job.status}
            </span>{' '}
            · run by {job.about.operator} · started <Ago atMs={job.startedAt} />
            {job.exact !== null && ' · one class of device at a time'}
            {job.exact?.serving && `, now ${className(job.exact.serving)}`}
          </p>
        </div>
        <Actions
          job={job.id}
          status={job.status}
          hosted={job.hosted}
          token={watching.admin === 'yes' ? token : undefined}
          wrong={watching.admin === 'wrong'}
        />
      </div>
      <Numbers job={job} watching={watching} />
      <div className="dash-body">
        <div className="dash-ring">
          <Ring live={live} refused={refused} />
          <p className="durable small">
            <Durable job={job} />
          </p>
        </div>
        <div className="dash-curves">
          <LossCurve history={history} height={CURVE_HEIGHT} />
          <MetricCurve history={history} metricName={job.metricName} height={CURVE_HEIGHT} />
          <p className="legend muted small">
            Thin: each step. Bold: their average. Points: held-out samples. Ticks: checkpoints. Dashed: a
            recovery.
          </p>
        </div>
      </div>
      <div className="dash-foot">
        <div className="dash-side">
          <Volunteers
            job={job.id}
            connected={job.volunteers.connected}
            wanted={open}
            serving={job.exact?.serving ?? undefined}
            rows={watching.volunteers}
          />
          <Reliability log={history.log} lastBin={newestBin(job.updatedAt, history.log)} ended={!open} />
        </div>
        <div className="dash-side">
          {open && <Invite job={job.id} />}
          <EventLog points={history.log} metricName={job.metricName} />
        </div>
      </div>
    </div>
  );
}
