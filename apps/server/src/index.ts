export type { GatewayLimits } from './gateway/gateway.ts';
export type { Outcome } from './host/host-line.ts';
export type { Dataset, HostedJob, SampleSet } from './hosted-job.ts';
export type { TlsFiles } from './http/http-options.ts';
export type { Log, RunningServer, ServerOptions } from './options.ts';
export { startServer } from './server.ts';
export { StartError } from './start-error.ts';
