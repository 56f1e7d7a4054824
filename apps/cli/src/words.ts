/** What the terminal says once a server runs, and when its job has ended. */

import type { JobView } from '@manyhands/protocol';
import type { RunningServer } from '@manyhands/server';

/** What the words are about. */
export type Server = Pick<RunningServer, 'url' | 'joinUrl' | 'dashboardUrl' | 'job'>;

/** The three things that an operator takes away: a link for helpers, one for themselves, and a snippet for a site. */
export function welcome(server: Server): string {
  const job = server.job()!;
  const origin = new URL(server.joinUrl ?? server.url).origin;
  const helpers = `  Join       ${server.joinUrl}
             Open it in as many tabs as you like, and pass it on.
`;
  const snippet = `  Embed      <script src="${origin}/widget.js"></script>
             <manyhands-widget job="${job.id}"></manyhands-widget>
`;
  const ended = endOf(job);
  return `
${job.about.title}  (${job.id})

${ended === undefined ? helpers : ''}  Dashboard  ${server.dashboardUrl}
             Yours alone: whoever has this link can pause and stop the job.
${ended === undefined ? snippet : ''}  Durable    ${durable(job)}

${origin.startsWith('https:') ? '' : HTTPS_HINT}${job.status === 'paused' ? PAUSED : ''}${
  ended === undefined ? '  Ctrl-C stops; the next start goes on from here.' : `  ${ended}`
}
`;
}

/** Said when training has come to its end. */
export function farewell(server: Server): string {
  const job = server.job()!;
  return `\n${endOf(job) ?? ''}\nDurable: ${durable(job)}\n`;
}

function endOf({ status }: JobView): string | undefined {
  if (status === 'finished')
    return `This job is finished. Its model stays where it is; to train again: ${AGAIN}`;
  if (status === 'stopped')
    return `This job was stopped for good: nobody can join. Its model stays where it is; to train again: ${AGAIN}`;
  return undefined;
}

/** What survives a crash, and its bytes' name. */
function durable({ durable, steps }: JobView): string {
  return durable === null
    ? 'nothing yet'
    : `step ${durable.step} of ${steps}, paramsSha256 ${durable.paramsSha256}`;
}

const AGAIN = 'npm start -- --fresh';
const PAUSED = '  This job is paused: nobody computes until Resume is pressed on the dashboard.\n';
const HTTPS_HINT =
  '  Other devices need https for WebGPU: --tls-cert and --tls-key, or a proxy and --public-url.\n';
