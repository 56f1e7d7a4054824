/** The page's end of the volunteer: asks and is told, and never computes. */

import type { VolunteerMirror } from './mirror.ts';

export interface VolunteerLink {
  current(): VolunteerMirror;
  /** Calls back after every change, at most once a frame; returns what ends it. */
  subscribe(listener: () => void): () => void;
  /** The person said yes: work may begin. */
  consent(): void;
  /** 0.1 … 1 of the device's time. */
  setIntensity(intensity: number): void;
  /** The person said stop: leases go back at once. `consent` starts again. */
  stop(): void;
  /** Ends the worker and everything else. */
  close(): void;
}

export interface LinkOptions {
  /** Origin of the server, such as `http://localhost:8080`. */
  readonly server: string;
  readonly job: string;
  /** True: this tab is a volunteer of its own, whatever other tabs do. */
  readonly each: boolean;
  readonly intensity: number;
  /** Forces a backend, for debugging. */
  readonly backend?: 'webgpu' | 'webgl' | 'wasm' | 'cpu';
}

/** Makes the link; nothing is loaded beyond this module before `consent`. */
export function linkVolunteer(_options: LinkOptions): VolunteerLink {
  throw new Error('under construction');
}
