/**
 * What the server says, checked before anything believes it: the browser bounds what it takes, as the server does. Each
 * reader answers the message in the session's words, or undefined where it is none.
 */

import {
  type JobStatus,
  type ParamsVersion,
  parseVersion,
  type UnitRun,
  type WorkKind,
} from '@manyhands/core';
import {
  AssignMessageSchema,
  type DismissedMessage,
  type JoinRefusal,
  LIMITS,
  REFUSAL_SENTENCE,
  type ReceiptMessage,
  ReceiptMessageSchema,
  type Refusal,
  StatusMessageSchema,
} from '@manyhands/protocol';
import { z } from 'zod';

export type JoinReply =
  | {
      readonly joined: true;
      readonly volunteer: number;
      /** The newest parameters. */
      readonly version: ParamsVersion;
      readonly status: JobStatus;
    }
  | {
      readonly joined: false;
      readonly refusal: JoinRefusal;
      readonly sentence: string;
      readonly retryAfterMs?: number | undefined;
    };

export interface Assignment {
  readonly lease: number;
  readonly kind: WorkKind;
  readonly version: ParamsVersion;
  readonly run: UnitRun;
  readonly deadlineInMs: number;
}

export function readJoinReply(message: unknown): JoinReply | undefined {
  const answer = read(JoinReplySchema, message);
  if (answer === undefined || !answer.joined) return answer;
  const version = parseVersion(answer.version);
  return version === undefined ? undefined : { ...answer, version };
}

export function readAssignment(message: unknown): Assignment | undefined {
  const parsed = read(AssignMessageSchema, message);
  if (parsed === undefined || parsed.count === 0) return undefined;
  const version = parseVersion(parsed.version);
  if (version === undefined) return undefined;
  const { lease, kind, first, count, deadlineInMs } = parsed;
  return { lease, kind, version, run: { first, count }, deadlineInMs };
}

export function readReceipt(message: unknown): ReceiptMessage | undefined {
  return read(ReceiptMessageSchema, message);
}

export function readStatus(message: unknown): JobStatus | undefined {
  return read(StatusMessageSchema, message);
}

export function readDismissed(message: unknown): DismissedMessage | undefined {
  return read(DismissedSchema, message);
}

/** The bytes of a binary message: an ArrayBuffer in browsers, a Buffer in Node.js. */
export function readBytes(message: unknown): Uint8Array | undefined {
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  return message instanceof Uint8Array ? message : undefined;
}

function read<T>(schema: z.ZodType<T>, message: unknown): T | undefined {
  const parsed = schema.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}

const sentence = z.string().max(LIMITS.textCharactersMax);
const refusal = z.custom<Refusal>(
  (code) => typeof code === 'string' && Object.hasOwn(REFUSAL_SENTENCE, code),
);

const JoinReplySchema = z.discriminatedUnion('joined', [
  z.object({
    joined: z.literal(true),
    volunteer: z.int().min(0),
    version: z.string(),
    status: StatusMessageSchema,
  }),
  z.object({
    joined: z.literal(false),
    refusal: refusal as z.ZodType<JoinRefusal>,
    sentence,
    retryAfterMs: z.number().min(0).optional(),
  }),
]);

const DismissedSchema = z.object({ refusal, sentence });
