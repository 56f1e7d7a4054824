/** What the routes are given: where things are read, and the few things that they may ask for. */

import type { ServerInfo } from '@manyhands/protocol';
import type { Catalog } from '../catalog.ts';
import type { OutsideEvent } from '../host/messages.ts';
import type { Metrics } from '../metrics.ts';
import type { Traffic } from '../traffic.ts';
import type { Trust } from '../trusted-proxies.ts';

export interface HttpOptions {
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  readonly traffic: Traffic;
  readonly adminToken: string;
  /** The folder with the built pages. */
  readonly webDir: string;
  readonly tls: TlsFiles | undefined;
  readonly trust: Trust;
  readonly limits: HttpLimits;
  serverInfo(): ServerInfo;
  isReady(): boolean;
  command(event: Extract<OutsideEvent, { type: 'pause-asked' | 'resume-asked' | 'stop-asked' }>): void;
}

export type HttpLimits = Readonly<Record<'requestsPerMinuteMax' | 'wrongTokensPerMinuteMax', number>>;

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}
