import type { JobView } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import type { VolunteerMirror } from '@manyhands/volunteer';
import { useState } from 'react';
import { count } from '../../look/figures.ts';
import { type Shared, share } from './share.ts';

interface GivenProps {
  readonly job: JobView;
  readonly given: VolunteerMirror['given'];
}

/** What was given, in one line that can be shared. */
export function Given({ job, given }: GivenProps) {
  const [shared, setShared] = useState<Shared>();
  const line = `I gave ${count(given.samples)} samples in ${count(given.rounds)} steps to “${job.about.title}”, from a browser tab.`;
  const url = location.origin + ROUTES.joinPage(job.id);
  return (
    <section className="given" aria-label="What you gave">
      <p>{line}</p>
      {shared === 'by-hand' ? (
        <label className="small">
          <span className="muted">This browser does not let a page copy. Copy it from here:</span>
          <input
            type="text"
            readOnly
            value={`${line} ${url}`}
            onFocus={(event) => event.target.select()}
            ref={focus}
          />
        </label>
      ) : (
        <p className="small">
          <button
            type="button"
            className="quiet"
            onClick={async () => setShared(await share(line, url, navigator))}
          >
            {shared === 'copied' ? 'Copied' : 'Share this line'}
          </button>
        </p>
      )}
    </section>
  );
}

function focus(input: HTMLInputElement | null): void {
  input?.focus();
}
