/**
 * Questions to the server over HTTP. Every failure is an Error whose message is a sentence for a person. While nobody answers
 * a page goes on asking, for a server that was away comes back; a no is an answer, and is not asked for twice.
 */

import { type JobProgram, type JobView, type Problem, ROUTES, type ServerInfo } from '@manyhands/protocol';
import { QueryClient, useQuery } from '@tanstack/react-query';

/** One for all pages that ask; who opens a page that only watches does not load it. */
const CLIENT = new QueryClient({
  defaultOptions: {
    queries: {
      // A server in the house answers a browser that has no internet.
      networkMode: 'always',
      retry: (_failures, error) => error instanceof Unanswered,
      retryDelay: (failures) => Math.min(1_000 * 2 ** failures, AGAIN_MS_MAX),
    },
  },
});
// Asks again when somebody looks again.
CLIENT.mount();

const AGAIN_MS_MAX = 8_000;

export function useServer() {
  return useQuery(
    { queryKey: ['server'], queryFn: () => get<ServerInfo>(ROUTES.server), staleTime: 60_000 },
    CLIENT,
  );
}

export function useJobs() {
  return useQuery(
    { queryKey: ['jobs'], queryFn: () => get<JobView[]>(ROUTES.jobs), refetchInterval: 3_000, retry: false },
    CLIENT,
  );
}

export function useProgram(job: string) {
  return useQuery(
    {
      queryKey: ['program', job],
      queryFn: () => get<JobProgram>(ROUTES.program(job)),
      staleTime: Number.POSITIVE_INFINITY,
    },
    CLIENT,
  );
}

/** What `read` makes of a file that never changes. */
export function useFile<Content>(path: string, read: (bytes: Uint8Array<ArrayBuffer>) => Content) {
  return useQuery(
    {
      queryKey: ['file', path],
      queryFn: async () => read(new Uint8Array(await (await ask(path)).arrayBuffer())),
      staleTime: Number.POSITIVE_INFINITY,
    },
    CLIENT,
  );
}

/** An admin's order; the token travels in a header and nowhere else. */
export async function command(job: string, order: 'pause' | 'resume' | 'stop', token: string): Promise<void> {
  await ask(ROUTES.command(job, order), { method: 'POST', headers: { authorization: `Bearer ${token}` } });
}

/** Nobody was there to answer, or only a proxy. */
class Unanswered extends Error {}

async function get<Answer>(path: string): Promise<Answer> {
  return (await (await ask(path)).json()) as Answer;
}

async function ask(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Unanswered('The server does not answer: see whether it runs.');
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
  const sentence = problem?.sentence ?? `The server answered ${response.status}.`;
  throw response.status >= 500 ? new Unanswered(sentence) : new Error(sentence);
}
