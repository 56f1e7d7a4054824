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
 *     subscribe
 *     leave
 *
 * Parameters of more than `LIMITS.chunkBytes` are sent only to who has subscribed; everybody may fetch them over HTTP.
 * A contribution longer than that travels as chunks, in order, each acknowledged; a receipt ends it early. A line that
 * breaks without `leave` may be followed by another that joins under the token of the first: the answer names the leases that
 * still live and how much of each answer is here, and the volunteer goes on from there.
 *
 *     watcher → server                            server → watcher
 *     watch     WatchMessage → WatchAnswer        live      LiveMessage   (at most five a second)
 *                                                 history   HistoryMessage
 *                                                 volunteers VolunteersMessage (admin only, once a second)
 */

import { z } from 'zod';
import { LIMITS } from './limits.ts';
import type { JoinRefusal, Refusal } from './refusal.ts';
import type { HistoryPoint, JobLive, VolunteerRow } from './view.ts';

const unsigned = z.int().min(0).max(0xffffffff);
const HEX_128 = /^[0-9a-f]{32}$/;
const short = z.string().max(LIMITS.nameCharactersMax);

export const DeviceClassSchema = z.strictObject({
  engine: short.min(1),
  backend: z.enum(['webgpu', 'webgl', 'wasm', 'cpu']),
  vendor: short,
  architecture: short,
});

export const JoinMessageSchema = z.strictObject({
  protocol: z.int(),
  job: short.min(1),
  layoutHash: z.string().length(64),
  device: DeviceClassSchema,
  /** The browser's own pseudonym, 128 random bits in hex: credit is kept under it. */
  account: z.string().regex(HEX_128),
  /** The token of a session whose line was lost: this line takes its place. */
  resume: z.string().regex(HEX_128).optional(),
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
  lossSum: z.number().nullable(),
  metricSum: z.number().nullable(),
});
export type EvaluatedMessage = z.infer<typeof EvaluatedMessageSchema>;

export const ReleaseMessageSchema = z.strictObject({ lease: unsigned });
export type ReleaseMessage = z.infer<typeof ReleaseMessageSchema>;

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
});
export type AssignMessage = z.infer<typeof AssignMessageSchema>;

export const ReceiptMessageSchema = z.strictObject({
  lease: unsigned,
  accepted: z.boolean(),
  refusal: z.custom<Refusal>((value) => typeof value === 'string').optional(),
  sentence: z.string().optional(),
});
export type ReceiptMessage = z.infer<typeof ReceiptMessageSchema>;

export const StatusMessageSchema = z.enum(['running', 'paused', 'stopped', 'finished']);
export type StatusMessage = z.infer<typeof StatusMessageSchema>;

export interface DismissedMessage {
  readonly refusal: Refusal;
  readonly sentence: string;
}

export const WatchMessageSchema = z.strictObject({
  job: short.min(1),
  /** The admin token, for the table of volunteers. */
  token: z.string().max(128).optional(),
  /** History after this many points is sent first. */
  historyFrom: unsigned.optional(),
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
  leave(): void;
  watch(message: WatchMessage, answer: (answer: WatchAnswer) => void): void;
}

export interface ToBrowser {
  params(frame: ArrayBuffer): void;
  assign(message: AssignMessage): void;
  receipt(message: ReceiptMessage): void;
  status(message: StatusMessage): void;
  dismissed(message: DismissedMessage): void;
  live(message: LiveMessage): void;
  history(message: HistoryMessage): void;
  volunteers(message: VolunteersMessage): void;
}
