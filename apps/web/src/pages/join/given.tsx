import type { JobView } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import type { VolunteerMirror } from '@manyhands/volunteer';
import { useState } from 'react';
import { count } from '../../look/figures.ts';

interface GivenProps {
  readonly job: JobView;
  readonly given: VolunteerMirror['given'];
}

/** What was given, in one line that can be shared. */
export function Given({ job, given }: GivenProps) {
  const [copied, setCopied] = useState(false);
  const line = `I gave ${count(given.samples)} samples in ${count(given.rounds)} steps to “${job.about.title}”, from a browser tab.`;
  const url = location.origin + ROUTES.joinPage(job.id);
  const share = async () => {
    if (navigator.share !== undefined) {
      // A person who closes the sheet has decided not to share: nothing went wrong.
      await navigator.share({ text: line, url }).catch(() => undefined);
    } else {
      await navigator.clipboard?.writeText(`${line} ${url}`);
      setCopied(true);
    }
  };
  return (
    <section className="given" aria-label="What you gave">
      <p>{line}</p>
      <p className="small">
        <button type="button" className="quiet" onClick={share}>
          {copied ? 'Copied' : 'Share this line'}
        </button>
      </p>
    </section>
  );
}
