/** What happened, as the worker tells it to the session. Time and chance come beside it. */

import type { EngineName } from '@manyhands/compute';
import type { DeviceClass, JobStatus, ParamsVersion } from '@manyhands/core';
import type { DismissedMessage, ReceiptMessage } from '@manyhands/protocol';
import type { Failure } from './failure.ts';
import type { Conditions } from './governor.ts';
import type { Assignment, JoinReply } from './incoming.ts';

export type Event = PersonEvent | ConnectionEvent | WorkshopEvent | { readonly type: 'ticked' };

/** From the person and the page. */
export type PersonEvent =
  | { readonly type: 'consented' }
  | { readonly type: 'stop-asked' }
  | { readonly type: 'conditions-changed'; readonly conditions: Conditions };

/** From the line to the server. */
export type ConnectionEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly why: string }
  | { readonly type: 'join-answered'; readonly reply: JoinReply }
  | { readonly type: 'assigned'; readonly assignment: Assignment }
  | { readonly type: 'receipt-arrived'; readonly receipt: ReceiptMessage }
  | { readonly type: 'status-changed'; readonly status: JobStatus }
  /** Leases go to this class of device only, from here on. */
  | { readonly type: 'serving-changed'; readonly device: DeviceClass }
  | { readonly type: 'dismissed'; readonly message: DismissedMessage }
  /** The server sent what no server of this protocol sends. */
  | { readonly type: 'malformed'; readonly sentence: string };

/** From where program, parameters, samples and device come together. */
export type WorkshopEvent =
  | {
      readonly type: 'preparation-moved';
      readonly ticket: number;
      readonly what: 'program' | 'device' | 'model' | 'kernels';
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly type: 'equipped';
      readonly ticket: number;
      readonly device: DeviceClass;
      /** Versions that may come while an answer is computed; 0 when left out. */
      readonly stalenessMax?: number;
    }
  | { readonly type: 'not-equipped'; readonly ticket: number; readonly failure: Failure }
  | { readonly type: 'device-lost'; readonly sentence: string }
  /** Parameters are here, by frame or by a download that took so long. */
  | { readonly type: 'params-arrived'; readonly version: ParamsVersion; readonly downloadMs?: number }
  /** Those that are held are not the server's, which are `newest` now. */
  | { readonly type: 'params-drifted'; readonly newest: ParamsVersion }
  | { readonly type: 'params-failed'; readonly version: ParamsVersion; readonly failure: Failure }
  /** The answer to a lease lies ready; `deviceMs` is how long the device was busy with it. */
  | { readonly type: 'computed'; readonly lease: number; readonly deviceMs: number }
  | { readonly type: 'not-computed'; readonly lease: number; readonly failure: Failure }
  /** Another engine may be faster by enough to be tried. */
  | { readonly type: 'engine-wished'; readonly engine: EngineName }
  /** It was tried; this device computes from now on, whichever of the two it is. */
  | { readonly type: 'auditioned'; readonly device: DeviceClass; readonly spentMs: number };
