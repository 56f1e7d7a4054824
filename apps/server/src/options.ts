/** What a server is started with, and what it answers. */

import type { JobView } from '@manyhands/protocol';
import type { GatewayLimits } from './gateway/gateway.ts';
import type { Outcome } from './host/host-line.ts';
import type { HostedJob } from './hosted-job.ts';
import type { HttpLimits, TlsFiles } from './http/http-options.ts';

export interface ServerOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** Address to listen on, such as `0.0.0.0`. */
  readonly host: string;
  /** Where runs are kept; made when it is not there. */
  readonly dataDir: string;
  /** The folder with the built pages. */
  readonly webDir: string;
  /** The job to train; without one, earlier runs are served. */
  readonly job?: HostedJob;
  /** Begin a new run even if there is one to go on with. */
  readonly fresh: boolean;
  /** The address under which people reach this server, when a proxy stands before it. */
  readonly publicUrl?: string;
  /** Proxies whose `X-Forwarded-For` is believed: addresses, networks, or `loopback`. */
  readonly trustedProxies?: readonly string[];
  readonly tls?: TlsFiles;
  /** Kept in the data folder when it is not given. */
  readonly adminToken?: string;
  /** Ceilings other than the usual ones. */
  readonly limits?: Partial<GatewayLimits & HttpLimits>;
  readonly log?: Log;
}

/** Where sentences for the person at the terminal go; pino fits. */
export interface Log {
  info(sentence: string): void;
  warn(sentence: string): void;
  error(sentence: string): void;
}

export interface RunningServer {
  /** The address to open on this machine. */
  readonly url: string;
  readonly adminToken: string;
  /** The run of the job that was given; undefined without one. */
  readonly jobId: string | undefined;
  /** Where that run stands now. */
  job(): JobView | undefined;
  readonly joinUrl: string | undefined;
  /** Carries the admin token in its fragment, which browsers never send. */
  readonly dashboardUrl: string | undefined;
  /** Resolves when training has come to its end, whichever it is; at once when there is nothing to train. */
  readonly finished: Promise<Outcome>;
  /** Lets running leases finish, writes a last checkpoint, sends volunteers away and ends, within ten seconds. */
  close(): Promise<void>;
}
