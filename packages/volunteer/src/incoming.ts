/**
 * What the server says, checked before anything believes it and put into the session's words: the browser bounds what it
 * takes, as the server does.
 */

import {
  type DeviceClass,
  type JobStatus,
  type ParamsVersion,
  parseVersion,
  type UnitRun,
  unreachable,
  type WorkKind,
} from '@manyhands/core';
import {
  AssignMessageSchema,
  DeviceClassSchema,
  decodeFrame,
  type JoinRefusal,
  LIMITS,
  type LiveLease,
  LiveLeaseSchema,
  REFUSAL_SENTENCE,
  ReceiptMessageSchema,
  type Refusal,
  ServingMessageSchema,
  StatusMessageSchema,
} from '@manyhands/protocol';
import * as z from 'zod/mini';
import type { LineEvent } from './connection.ts';

export type JoinReply =
  | {
      readonly joined: true;
      readonly volunteer: number;
      /** The newest parameters. */
      readonly version: ParamsVersion;
      readonly status: JobStatus;
      /** Names the session to whoever comes back. */
      readonly token: string;
      /** Leases of a session that was resumed, as far as they live. */
      readonly leases: readonly LiveLease[];
      /** Its newest answers that count, whether or not their receipts came. */
      readonly accepted?: readonly number[] | undefined;
      /** The one class of device that leases go to, where it is one. */
      readonly serving?: DeviceClass | undefined;
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
  /** Somebody else has the same block. */
  readonly backup: boolean;
}

export function readJoinReply(message: unknown): JoinReply | undefined {
  const answer = read(JoinReplySchema, message);
  if (answer === undefined || !answer.joined) return answer;
  const version = parseVersion(answer.version);
  return version === undefined ? undefined : { ...answer, version };
}

/** The messages that a volunteer listens to. */
export const INCOMING = ['params', 'assign', 'receipt', 'status', 'serving', 'dismissed'] as const;
export type IncomingName = (typeof INCOMING)[number];

/** What a message of this name says; never throws, whatever it holds. */
export function readMessage(name: IncomingName, message: unknown): LineEvent {
  switch (name) {
    case 'params': {
      const bytes = readBytes(message);
      const frame = bytes === undefined ? 'frame-too-short' : decodeFrame(bytes);
      if (typeof frame !== 'string') return { type: 'frame-arrived', frame };
      return { type: 'malformed', sentence: REFUSAL_SENTENCE[frame] };
    }
    case 'assign': {
      const assignment = readAssignment(message);
      return assignment === undefined ? unreadable(name) : { type: 'assigned', assignment };
    }
    case 'receipt': {
      const receipt = read(ReceiptMessageSchema, message);
      return receipt === undefined ? unreadable(name) : { type: 'receipt-arrived', receipt };
    }
    case 'status': {
      const status = read(StatusMessageSchema, message);
      return status === undefined ? unreadable(name) : { type: 'status-changed', status };
    }
    case 'serving': {
      const device = read(ServingMessageSchema, message);
      return device === undefined ? unreadable(name) : { type: 'serving-changed', device };
    }
    case 'dismissed': {
      const dismissal = read(DismissedSchema, message);
      return dismissal === undefined ? unreadable(name) : { type: 'dismissed', message: dismissal };
    }
    default:
      return unreachable(name);
  }
}

export function unreadable(name: string): LineEvent {
  const sentence = `The server sent a message "${name}" that this page cannot read: reload the page.`;
  return { type: 'malformed', sentence };
}

function readAssignment(message: unknown): Assignment | undefined {
  const parsed = read(AssignMessageSchema, message);
  if (parsed === undefined || parsed.count === 0) return undefined;
  const version = parseVersion(parsed.version);
  if (version === undefined) return undefined;
  const { lease, kind, first, count, deadlineInMs, backup = false } = parsed;
  return { lease, kind, version, run: { first, count }, deadlineInMs, backup };
}

/** The bytes of a binary message: an ArrayBuffer in browsers, a Buffer in Node.js. */
function readBytes(message: unknown): Uint8Array | undefined {
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  return message instanceof Uint8Array ? message : undefined;
}

function read<T>(schema: z.ZodMiniType<T>, message: unknown): T | undefined {
  const parsed = schema.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}

const sentence = z.string().check(z.maxLength(LIMITS.textCharactersMax));
const refusal = z.custom<Refusal>(
  (code) => typeof code === 'string' && Object.hasOwn(REFUSAL_SENTENCE, code),
);

/** Far more than a server gives one volunteer. */
const LEASES_MAX = 64;

const retryAfterMs = z.optional(z.number().check(z.minimum(0)));

const JoinReplySchema = z.discriminatedUnion('joined', [
  z.object({
    joined: z.literal(true),
    volunteer: z.int().check(z.minimum(0)),
    version: z.string(),
    status: StatusMessageSchema,
    token: z.string().check(z.maxLength(LIMITS.nameCharactersMax)),
    leases: z.array(LiveLeaseSchema).check(z.maxLength(LEASES_MAX)),
    accepted: z.optional(z.array(z.int().check(z.minimum(0))).check(z.maxLength(LEASES_MAX))),
    serving: z.optional(DeviceClassSchema),
  }),
  z.object({
    joined: z.literal(false),
    refusal: refusal as z.ZodMiniType<JoinRefusal>,
    sentence,
    retryAfterMs,
  }),
]);

const DismissedSchema = z.object({ refusal, sentence, retryAfterMs });
