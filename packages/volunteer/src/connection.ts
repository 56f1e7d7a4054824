/**
 * A line to the server, from being opened to being closed; a line that broke is never mended, another one is opened. What
 * arrives has been checked: whoever listens believes it. `socket-connection.ts` is the real one, and its twin in memory
 * passes the same contract (`testing/connection-contract.ts`).
 */

import type {
  EvaluatedMessage,
  Frame,
  JoinMessage,
  ResidualMessage,
  SpeedMessage,
} from '@manyhands/protocol';
import type { ConnectionEvent } from './event.ts';

export interface Connection {
  /** Answered by `join-answered`, or by `disconnected` where no answer comes. */
  join(message: JoinMessage): void;
  pull(): void;
  /**
   * Sends the answer to a lease, all of it that follows its first `from` bytes. Takes the bytes over: nobody may write to them
   * any more. A long frame goes in chunks, until it is through or a receipt for its lease arrives.
   */
  contribute(lease: number, frame: Uint8Array<ArrayBuffer>, from: number): void;
  evaluated(message: EvaluatedMessage): void;
  release(lease: number): void;
  /** How fast an engine is here. */
  measured(message: SpeedMessage): void;
  /** What was not sent yet is lost in part. */
  residual(message: ResidualMessage): void;
  /** Asks for the frames of new parameters, however long they are. */
  subscribe(): void;
  /** Says goodbye and closes; nothing arrives afterwards. Resolves when the server has heard it, or would not in time. */
  leave(): Promise<void>;
}

export type LineEvent = ConnectionEvent | { readonly type: 'frame-arrived'; readonly frame: Frame };

/** Opens a line; the first event is `connected` or `disconnected`, and `disconnected` is the last. */
export type OpenConnection = (hear: (event: LineEvent) => void) => Connection;
