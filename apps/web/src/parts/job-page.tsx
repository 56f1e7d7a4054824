import type { JobLive, JobView } from '@manyhands/protocol';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { useWatch } from '../live/use-watch.ts';
import type { Watching } from '../live/watch.ts';
import { ContactLine } from './contact-line.tsx';
import { Notice } from './notice.tsx';
import { Shell } from './shell.tsx';
import { Waiting } from './waiting.tsx';

interface JobPageProps {
  readonly job: string;
  /** The admin token: asks for the table of volunteers. */
  readonly token?: string | undefined;
  /** What the tab of the browser is called. */
  readonly titled: (job: JobView) => string;
  /** The shape of the page, shown until the server has said anything; `words` say what is waited for. */
  readonly waiting: (words: ReactNode) => ReactNode;
  readonly children: (live: JobLive, watching: Watching) => ReactNode;
}

/** The frame of every page about one job: watches it, and shows what there is to show when there is no job to show. */
export function JobPage({ job, token, titled, waiting, children }: JobPageProps) {
  const watching = useWatch(job, token);
  const { contact, live } = watching;
  const title = live === undefined ? 'Manyhands' : titled(live.job);
  useEffect(() => {
    document.title = title;
  }, [title]);

  if (contact.at === 'refused') {
    return (
      <Shell>
        <Notice
          title={contact.refusal === 'job-unknown' ? 'There is no such job' : 'The server refuses this page'}
        >
          {contact.sentence} Or look at <Link href="/">the jobs of this server</Link>.
        </Notice>
      </Shell>
    );
  }
  return (
    <Shell job={job}>
      {live === undefined ? (
        waiting(<Waiting trouble={contact.at === 'offline' ? contact.why : undefined} />)
      ) : (
        <>
          <ContactLine contact={contact} />
          {children(live, watching)}
        </>
      )}
    </Shell>
  );
}
