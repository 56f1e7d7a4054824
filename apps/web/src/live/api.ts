/** Questions to the server over HTTP. Every failure is an Error whose message is a sentence for a person. */

import { type JobProgram, type JobView, type Problem, ROUTES, type ServerInfo } from '@manyhands/protocol';
import { useQuery } from '@tanstack/react-query';

export function useServer() {
  return useQuery({ queryKey: ['server'], queryFn: () => get<ServerInfo>(ROUTES.server), staleTime: 60_000 });
}

export function useJobs() {
  return useQuery({ queryKey: ['jobs'], queryFn: () => get<JobView[]>(ROUTES.jobs), refetchInterval: 3_000 });
}

export function useProgram(job: string) {
  return useQuery({
    queryKey: ['program', job],
    queryFn: () => get<JobProgram>(ROUTES.program(job)),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Bytes of a file that never changes. */
export async function getBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await ask(path)).arrayBuffer());
}

/** An admin's order; the token travels in a header and nowhere else. */
export async function command(job: string, order: 'pause' | 'resume' | 'stop', token: string): Promise<void> {
  await ask(ROUTES.command(job, order), { method: 'POST', headers: { authorization: `Bearer ${token}` } });
}

async function get<Answer>(path: string): Promise<Answer> {
  return (await (await ask(path)).json()) as Answer;
}

async function ask(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Error('The server does not answer: see whether it runs, it will be asked again.');
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
  throw new Error(problem?.sentence ?? `The server answered ${response.status}.`);
}
