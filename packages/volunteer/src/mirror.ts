/**
 * What a page sees of the volunteer that works for it. Socket, session and mathematics live in a worker; the page
 * holds this mirror and draws it. The same mirror reaches the other tabs of the browser that do not work themselves.
 */

import type { DeviceClass, JobStatus } from '@manyhands/core';
import type { Refusal } from '@manyhands/protocol';

export interface VolunteerMirror {
  readonly phase: VolunteerPhase;
  /** Fraction of the time that the device may work, 0.1 … 1. */
  readonly intensity: number;
  /** What computes here; undefined until it is known. */
  readonly device: DeviceClass | undefined;
  /** Why it is this backend and no faster one, in a sentence for a person; undefined where there is nothing to say. */
  readonly deviceNote: string | undefined;
  /** Which other engine is or was tried here, and what came of it; undefined where none was. */
  readonly engineNote: string | undefined;
  /** The number by which the server and the ring know this volunteer; undefined until joined. */
  readonly volunteer: number | undefined;
  /** Over the last ten seconds of this device; undefined until measured. */
  readonly samplesPerSecond: number | undefined;
  /** Accepted in this visit. */
  readonly given: { readonly units: number; readonly samples: number; readonly rounds: number };
}

export type VolunteerPhase =
  /** No yes yet: nothing was loaded, nothing computes. */
  | { readonly at: 'asking' }
  /** `retryAtMs` (since 1970) is set while waiting before another attempt. */
  | {
      readonly at: 'connecting';
      readonly attempt: number;
      readonly retryAtMs?: number;
      readonly why?: string;
    }
  /** Parts of the preparation that are done: program, samples, shaders. */
  | {
      readonly at: 'preparing';
      readonly what: 'program' | 'device' | 'model' | 'kernels' | 'parameters';
      readonly done: number;
      readonly total: number;
    }
  | { readonly at: 'waiting' }
  /** Ready, and asking for work that goes to another class of device for now. */
  | { readonly at: 'standing-by'; readonly serving: DeviceClass }
  | {
      readonly at: 'working';
      readonly kind: 'train' | 'evaluate';
      readonly first: number;
      readonly count: number;
    }
  /** The governor says not now. */
  | { readonly at: 'resting'; readonly why: RestReason; readonly sentence: string }
  /** Another tab of this browser works for the same job; this one shows it. */
  | { readonly at: 'mirroring' }
  | { readonly at: 'refused'; readonly refusal: Refusal; readonly sentence: string }
  /** The person stopped it. */
  | { readonly at: 'stopped' }
  /** The job is not running. */
  | { readonly at: 'over'; readonly status: Exclude<JobStatus, 'running'> }
  /** The device was lost or cannot compute this model. */
  | { readonly at: 'failed'; readonly sentence: string };

export type RestReason = 'intensity' | 'battery' | 'data-saver' | 'hidden' | 'job-paused';
