/** Every error of the HTTP API: a code for programs and a sentence for people. */

import type { Problem } from '@manyhands/protocol';
import type { FastifyError, FastifyInstance } from 'fastify';

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, sentence: string) {
    super(sentence);
    this.statusCode = statusCode;
    this.code = code;
  }
}

export function jobUnknown(id: string): ProblemError {
  return new ProblemError(404, 'job-unknown', `There is no job ${id} here: /api/jobs lists those there are.`);
}

/** `after` says how long to wait, such as `1 minute`. */
export function tooManyRequests(after: string): ProblemError {
  return new ProblemError(
    429,
    'too-many-requests',
    `Too many requests came from this address: ask again in ${after}.`,
  );
}

/** Makes every failure a Problem, whoever threw it. */
export function answerWithProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error(error);
    const problem: Problem =
      status >= 500
        ? { error: 'mistake', sentence: 'The server made a mistake: its log says where.' }
        : { error: codeOf(error), sentence: error.message };
    return reply.code(status).send(problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const problem: Problem = {
      error: 'not-found',
      sentence: `There is nothing at ${request.url.split('?')[0]}.`,
    };
    return reply.code(404).send(problem);
  });
}

function codeOf(error: FastifyError): string {
  if (error instanceof ProblemError) return error.code;
  return error.validation === undefined ? 'bad-request' : 'bad-parameter';
}
