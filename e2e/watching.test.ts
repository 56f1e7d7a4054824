/** A page's window on a job, against a real server: what it says of the contact is true, and it comes back by itself. */

import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { removeFolders, startTiny, type TinyServer } from '../apps/server/src/testing/tiny-server.ts';
import { connect } from '../apps/server/src/testing/tiny-volunteer.ts';
import { nothingYet, type Watching, watch } from '../apps/web/src/live/watch.ts';

let server: TinyServer;
let unwatch = () => {};
afterEach(async () => {
  unwatch();
  vi.unstubAllGlobals();
  await server.close();
});
afterAll(removeFolders);

/** Watches this job as a page of the server does; `until` resolves with the first state that `holds`. */
function watching(job: string) {
  vi.stubGlobal('location', new URL(server.url));
  const store = nothingYet();
  unwatch = watch(store, job, undefined);
  return (holds: (state: Watching) => boolean) =>
    new Promise<Watching>((resolve) => {
      const look = (state: Watching) => holds(state) && resolve(state);
      store.subscribe(look);
      look(store.getState());
    });
}

test('[WT1] a page that was sent away says why, and comes back by itself when there is room', async () => {
  server = await startTiny({ limits: { socketsPerAddressMax: 1 } });
  const first = await connect(server.url);
  const until = watching(server.jobId!);
  const { contact, live } = await until(({ contact }) => contact.at === 'offline');
  expect(contact).toMatchObject({
    why: expect.stringMatching(/^Too many volunteers come from this address/),
  });
  expect(live).toBeUndefined();
  first.disconnect();
  await until(({ contact, live }) => contact.at === 'live' && live !== undefined);
});

test('[WT2] a server that ends is told from one that refuses, which names its reason', async () => {
  server = await startTiny();
  const refused = await watching('nothing')(({ contact }) => contact.at === 'refused');
  expect(refused.contact).toMatchObject({ refusal: 'job-unknown' });
  unwatch();
  const until = watching(server.jobId!);
  await until(({ contact }) => contact.at === 'live');
  await server.close();
  const { contact } = await until(({ contact }) => contact.at === 'offline');
  expect(contact).toMatchObject({ why: expect.stringMatching(/^The server does not answer/) });
});
