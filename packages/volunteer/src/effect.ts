/** What must now be done, as the session tells it to the worker. Effects are carried out in order. */

import type { EngineName } from '@manyhands/compute';
import type { DeviceClass, ParamsVersion } from '@manyhands/core';
import type { HeldLease } from './session.ts';

export type Effect =
  /** Open a line to the server; answered by `connected` or `disconnected`. */
  | { readonly type: 'connect' }
  /** Say goodbye and close the line; every lease goes back with it. */
  | { readonly type: 'leave' }
  /**
   * Fetch the program and open an engine for it; where both are here already and the program is the same, they stay.
   * Answered by `equipped` or `not-equipped` with this ticket.
   */
  | { readonly type: 'prepare'; readonly ticket: number }
  /** `resume` is the token of the session that a broken line interrupted. */
  | { readonly type: 'join'; readonly device: DeviceClass; readonly resume: string | undefined }
  | { readonly type: 'pull' }
  | { readonly type: 'release'; readonly lease: number }
  /** The line is fast enough for parameters to be sent on it. */
  | { readonly type: 'subscribe' }
  /** `from` is held. Answered by `params-arrived` or `params-failed`. */
  | {
      readonly type: 'fetch-params';
      readonly version: ParamsVersion;
      readonly from: ParamsVersion | undefined;
    }
  /** Compute with parameters that are here; answered once by `computed` or `not-computed`, unless the device is lost. */
  | { readonly type: 'compute'; readonly lease: HeldLease }
  /** Try this engine and keep the faster one; answered by `auditioned`, unless the device is lost. */
  | { readonly type: 'audition'; readonly engine: EngineName }
  /** Send the answer that lies ready, but for its first bytes, which the server has. */
  | { readonly type: 'send'; readonly lease: HeldLease; readonly from: number }
  /** Send the answer that lies ready, if it fits into one message: its lease has ended, and the server may compare it. */
  | { readonly type: 'send-late'; readonly lease: HeldLease }
  /** The server accepted the answer to this lease. */
  | { readonly type: 'credit'; readonly lease: HeldLease }
  /** The last effect of all: free the device as soon as it is idle. */
  | { readonly type: 'retire' };
