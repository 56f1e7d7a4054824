/** What the terminal says once a server runs. */

import type { RunningServer } from '@manyhands/server';

/** The three things that an operator takes away: a link for helpers, one for themselves, and a snippet for a site. */
export function links({ url, jobId, joinUrl, dashboardUrl }: RunningServer, title: string): string {
  const origin = new URL(joinUrl ?? url).origin;
  return `
${title}  (${jobId})

  Join       ${joinUrl}
             Open it in as many tabs as you like, and pass it on.
  Dashboard  ${dashboardUrl}
             Yours alone: whoever has this link can pause and stop the job.
  Embed      <script src="${origin}/widget.js"></script>
             <manyhands-widget job="${jobId}"></manyhands-widget>

${origin.startsWith('https:') ? '' : HTTPS_HINT}  Ctrl-C stops; the next start goes on from here.
`;
}

const HTTPS_HINT =
  '  Other devices need https for WebGPU: --tls-cert and --tls-key, or a proxy and --public-url.\n';
