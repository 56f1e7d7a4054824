import type { Contact } from '../live/watch.ts';
import { clock, moment } from '../look/figures.ts';

/** Says why nothing is heard of the server; the page keeps its last data under it. */
export function ContactLine({ contact }: { readonly contact: Contact }) {
  return (
    <div role="status" className="contact">
      {contact.at === 'offline' && (
        <p>
          {contact.why} What you see is from{' '}
          <time dateTime={new Date(contact.sinceMs).toISOString()} title={moment(contact.sinceMs)}>
            {clock(contact.sinceMs)}
          </time>
          .
        </p>
      )}
    </div>
  );
}
