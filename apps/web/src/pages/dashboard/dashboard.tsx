import type { HistoryPoint } from '@manyhands/protocol';
import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { Curve } from '../../curve/curve.tsx';
import { adminToken } from '../../live/token.ts';
import { useWatch } from '../../live/use-watch.ts';
import type { Watching } from '../../live/watch.ts';
import { ago, loss, METRIC_TITLE, metric, moment } from '../../look/figures.ts';
import { ContactLine } from '../../parts/contact-line.tsx';
import { Durable } from '../../parts/durable.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Shell } from '../../parts/shell.tsx';
import { Ring } from '../../ring/ring.tsx';
import { Actions } from './actions.tsx';
import { EventLog } from './event-log.tsx';
import { Invite } from './invite.tsx';
import { Numbers } from './numbers.tsx';
import { Volunteers } from './volunteers.tsx';
import './dashboard.css';

/** Everything about one job, live. */
export function DashboardPage({ job }: { readonly job: string }) {
  const [token] = useState(adminToken);
  const watching = useWatch(job, token);
  const { contact, live } = watching;
  useEffect(() => {
    document.title = live === undefined ? 'Manyhands' : `${live.job.about.title}, step ${live.job.step}`;
  }, [live]);

  if (contact.at === 'refused') {
    return (
      <Shell>
        <Notice title="There is no such job">
          {contact.sentence} Or look at <Link href="/">the jobs of this server</Link>.
        </Notice>
      </Shell>
    );
  }
  return (
    <Shell job={job}>
      <ContactLine contact={contact} />
      {live === undefined ? (
        <p className="muted">
          {contact.at === 'offline' ? 'Waiting for the server.' : 'Reaching the server…'}
        </p>
      ) : (
        <Running watching={watching} live={live} token={token} />
      )}
    </Shell>
  );
}

interface RunningProps {
  readonly watching: Watching;
  readonly live: NonNullable<Watching['live']>;
  readonly token: string | undefined;
}

function Running({ watching, live, token }: RunningProps) {
  const { history } = watching;
  const { job } = live;
  const refused = useMemo(() => lastRefused(history.log), [history.log]);
  const lossChecks = useMemo(
    () => history.evaluations.map((check) => ({ step: check.step, value: check.loss })),
    [history.evaluations],
  );
  const metricChecks = useMemo(
    () => history.evaluations.map((check) => ({ step: check.step, value: check.metric })),
    [history.evaluations],
  );
  const marks = { checkpoints: history.checkpoints, recoveries: history.recoveries };
  return (
    <div className="dash">
      <div className="dash-head">
        <div>
          <h1>{job.about.title}</h1>
          <p className="muted">
            <span className="status" data-status={job.status}>
              {job.status}
            </span>{' '}
            · run by {job.about.operator} · started{' '}
            <time dateTime={new Date(job.startedAt).toISOString()} title={moment(job.startedAt)}>
              {ago(job.startedAt, job.updatedAt)}
            </time>
          </p>
        </div>
        <Actions
          job={job}
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
          <Curve
            title="Loss"
            steps={history.steps}
            values={history.loss}
            checks={lossChecks}
            format={loss}
            height={220}
            canBeLogarithmic
            {...marks}
          />
          <Curve
            title={METRIC_TITLE[job.metricName]}
            unit={job.metricName === 'accuracy' ? ' %' : ''}
            scale={job.metricName === 'accuracy' ? 100 : 1}
            steps={history.steps}
            values={history.metric}
            checks={metricChecks}
            format={(value) => metric(job.metricName, value).figure}
            height={220}
            {...marks}
          />
          <p className="legend muted small">
            Thin: each step. Bold: their average. Points: held-out samples. Ticks: checkpoints. Dashed: a
            recovery.
          </p>
        </div>
      </div>
      <div className="dash-foot">
        <Volunteers job={job} watching={watching} />
        <div className="dash-side">
          <Invite job={job} />
          <EventLog points={history.log} metricName={job.metricName} />
        </div>
      </div>
    </div>
  );
}

function lastRefused(
  log: readonly HistoryPoint[],
): { readonly volunteer: number; readonly at: number } | undefined {
  const point = log.findLast(({ entry }) => entry.kind === 'refused');
  if (point?.entry.kind !== 'refused') return undefined;
  return { volunteer: point.entry.volunteer, at: point.index };
}
