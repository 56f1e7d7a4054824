/**
 * Messages on the socket, schema first. A volunteer joins, pulls leases, answers each, and leaves; anybody may watch.
 *
 *     volunteer → server                          server → volunteer
 *     join      JoinMessage → JoinAnswer          params    frame
 *     pull                                        assign    AssignMessage
 *     contribute  frame                           receipt   ReceiptMessage
 *     chunk       ChunkMessage, bytes → ()        status    StatusMessage
 *     evaluated   EvaluatedMessage                dismissed DismissedMessage
 *     release     ReleaseMessage
 *     subscribe                                   serving   ServingMessage
 *     measured  SpeedMessage
 *     residual  ResidualMessage
 *     leave     → nothing, when it was heard
 *
 * Parameters of more than `LIMITS.chunkBytes` are sent only to who has subscribed; everybody may fetch them over HTTP.
 * A contribution longer than that travels as chunks, in order, each acknowledged; a receipt ends it early. Sent in one message
 * it is refused as `frame-too-long`, and above `LIMITS.messageBytesReadMax` the line is closed with code 1009, unread. A line that
 * breaks without `leave` may be followed by another that joins under the token of the first: the answer names the leases that
 * still live, how much of each answer is here and which answers count, and the volunteer goes on from there.
 *
 *     watcher → server                            server → watcher
 *     watch     WatchMessage → WatchAnswer        live      LiveMessage   (at most five a second)
 *                                                 history   HistoryMessage
 *                                                 volunteers VolunteersMessage (admin only, once a second)
 */

import * as z from 'zod/mini';
import { DeviceClassSchema } from './device-class.ts';
import { LIMITS } from './limits.ts';
import type { JoinRefusal, Refusal } from './refusal.ts';
import type { HistoryPoint, JobLive, VolunteerRow } from './view.ts';

const unsigned = z.int().check(z.minimum(0), z.maximum(0xffffffff));
const HEX_128 = /^[0-9a-f]{32}$/;
const short = z.string().check(z.maxLength(LIMITS.nameCharactersMax));

export const JoinMessageSchema = z.strictObject({
  protocol: z.int(),
  job: short.check(z.minLength(1)),
  layoutHash: z.string().check(z.length(64)),
  device: DeviceClassSchema,
  /** The browser's own pseudonym, 128 random bits in hex: credit is kept under it. */
  account: z.string().check(z.regex(HEX_128)),
  /** The token of a session whose line was lost: this line takes its place. */
  resume: z.optional(z.string().check(z.regex(HEX_128))),
});
export type JoinMessage = z.infer<typeof JoinMessageSchema>;

export const LiveLeaseSchema = z.strictObject({
  lease: unsigned,
  /** Bytes of the answer that are here; `all` when nothing needs to be sent again. */
  received: z.union([unsigned, z.literal('all')]),
});
/** A lease that lives on in a session that was resumed. */
export type LiveLease = z.infer<typeof LiveLeaseSchema>;

export type JoinAnswer =
  | {
      readonly joined: true;
      readonly volunteer: number;
      readonly version: string;
      readonly status: StatusMessage;
      /** Names the session, 128 random bits in hex: who has it may resume. */
      readonly token: string;
      /** Empty in a new session. */
      readonly leases: readonly LiveLease[];
      /** Of a session that was resumed, the newest answers that count: their receipts may have gone down with the line. */
      readonly accepted?: readonly number[];
      /** Where one class of device is served at a time: which, as soon as one is. */
      readonly serving?: ServingMessage;
    }
  | {
      readonly joined: false;
      readonly refusal: JoinRefusal;
      readonly sentence: string;
      readonly retryAfterMs?: number;
    };

/** The place of the bytes that come with it. */
export const ChunkMessageSchema = z.strictObject({ lease: unsigned, from: unsigned });
export type ChunkMessage = z.infer<typeof ChunkMessageSchema>;

export const EvaluatedMessageSchema = z.strictObject({
  lease: unsigned,
  samples: unsigned,
  /** Null says what JSON cannot: a number that is not finite. */
  lossSum: z.nullable(z.number()),
  metricSum: z.nullable(z.number()),
});
export type EvaluatedMessage = z.infer<typeof EvaluatedMessageSchema>;

export const ReleaseMessageSchema = z.strictObject({ lease: unsigned });
export type ReleaseMessage = z.infer<typeof ReleaseMessageSchema>;

/** How fast one engine is beside one adapter, as a volunteer measured it on units of the job. */
export const SpeedMessageSchema = z.strictObject({
  /** The graphics adapter that the browser has, whether or not the engine uses it; without one, its processor. */
  adapter: short,
  /** Engine and backend of a device class. */
  engine: short.check(z.minLength(1)),
  backend: DeviceClassSchema.shape.backend,
  secondsPerSample: z
    .number()
    .check(z.minimum(LIMITS.secondsPerSampleMin), z.maximum(LIMITS.secondsPerSampleMax)),
});
export type SpeedMessage = z.infer<typeof SpeedMessageSchema>;

/** Of what this browser had not sent yet something is lost: with a tab that died, or because a sum overflowed. */
export const ResidualMessageSchema = z.strictObject({
  lost: z.int().check(z.minimum(1), z.maximum(LIMITS.residualsLostMax)),
});
export type ResidualMessage = z.infer<typeof ResidualMessageSchema>;

export const AssignMessageSchema = z.strictObject({
  lease: unsigned,
  kind: z.enum(['train', 'evaluate']),
  /** `incarnation-step` of the parameters to compute with. */
  version: z.string(),
  /** Units `first` … `first + count − 1` of the round. */
  first: unsigned,
  count: unsigned,
  /** Milliseconds from now until the lease may go to another. */
  deadlineInMs: unsigned,
  /** Somebody else computes it too; left out where nobody does. */
  backup: z.optional(z.literal(true)),
});
export type AssignMessage = z.infer<typeof AssignMessageSchema>;

export const ReceiptMessageSchema = z.strictObject({
  lease: unsigned,
  accepted: z.boolean(),
  refusal: z.optional(z.custom<Refusal>((value) => typeof value === 'string')),
  sentence: z.optional(z.string()),
});
export type ReceiptMessage = z.infer<typeof ReceiptMessageSchema>;

export const StatusMessageSchema = z.enum(['running', 'paused', 'stopped', 'finished']);
export type StatusMessage = z.infer<typeof StatusMessageSchema>;

/** Leases go to devices of this class only, from here on: others wait for their turn. */
export const ServingMessageSchema = DeviceClassSchema;
export type ServingMessage = z.infer<typeof ServingMessageSchema>;

export interface DismissedMessage {
  readonly refusal: Refusal;
  readonly sentence: string;
  readonly retryAfterMs?: number | undefined;
}

export const WatchMessageSchema = z.strictObject({
  job: short.check(z.minLength(1)),
  /** The admin token, for the table of volunteers. */
  token: z.optional(z.string().check(z.maxLength(128))),
  /** History after this many points is sent first. */
  historyFrom: z.optional(unsigned),
});
export type WatchMessage = z.infer<typeof WatchMessageSchema>;

export type WatchAnswer =
  | { readonly watching: true; readonly live: JobLive; readonly admin: boolean }
  | { readonly watching: false; readonly refusal: Refusal; readonly sentence: string };

export type LiveMessage = JobLive;
export type HistoryMessage = readonly HistoryPoint[];
export type VolunteersMessage = readonly VolunteerRow[];

/** Typing for socket.io at both ends. */
export interface ToServer {
  join(message: JoinMessage, answer: (answer: JoinAnswer) => void): void;
  pull(): void;
  contribute(frame: Uint8Array | ArrayBuffer): void;
  chunk(message: ChunkMessage, bytes: Uint8Array | ArrayBuffer, acknowledge: () => void): void;
  evaluated(message: EvaluatedMessage): void;
  release(message: ReleaseMessage): void;
  subscribe(): void;
  measured(message: SpeedMessage): void;
  residual(message: ResidualMessage): void;
  leave(heard: () => void): void;
  watch(message: WatchMessage, answer: (answer: WatchAnswer) => void): void;
}

export interface ToBrowser {
  params(frame: ArrayBuffer): void;
  assign(message: AssignMessage): void;
  receipt(message: ReceiptMessage): void;
  status(message: StatusMessage): void;
  serving(message: ServingMessage): void;
  dismissed(message: DismissedMessage): void;
  live(message: LiveMessage): void;
  history(message: HistoryMessage): void;
  volunteers(message: VolunteersMessage): void;
}
