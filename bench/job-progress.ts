/** Watches a job by its public routes, as anybody can. */

import { type HistoryPoint, type JobView, ROUTES } from '@manyhands/protocol';
import type { ServerProcess } from './server-process.ts';

/** Waits until the job has made a step; when each was made, in milliseconds since 1970, the first step first. */
export async function untilStep({ url, job }: ServerProcess, step: number): Promise<readonly number[]> {
  for (;;) {
    const view = await ask<JobView>(new URL(ROUTES.job(job), url));
    if (view.step >= step) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return (await history(new URL(ROUTES.history(job), url)))
    .filter(({ entry }) => entry.kind === 'step')
    .map(({ at }) => at);
}

/** All of it, page by page. */
async function history(url: URL): Promise<HistoryPoint[]> {
  const points: HistoryPoint[] = [];
  for (;;) {
    url.searchParams.set('from', String((points.at(-1)?.index ?? -1) + 1));
    const more = await ask<readonly HistoryPoint[]>(url);
    if (more.length === 0) return points;
    points.push(...more);
  }
}

const POLL_MS = 100;

async function ask<Answer>(url: URL): Promise<Answer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.pathname} answered ${answer.status}.`);
  return (await answer.json()) as Answer;
}
