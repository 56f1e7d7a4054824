/** What people may type behind the command. */

import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly job: string;
  readonly fresh: boolean;
  readonly steps: number | undefined;
  readonly open: boolean;
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
}

export type Options =
  | { readonly ask: 'help' }
  | { readonly ask: 'version' }
  | { readonly ask: 'start'; readonly start: StartOptions }
  | { readonly ask: 'nothing'; readonly sentence: string };

export const HELP = `Trains one model in many browser tabs.

  npm start -- [flags]

  --job DIR          the job to train: a folder with a job.ts, or a file   (examples/mnist/cnn)
  --port N           port to listen on                                      (8080)
  --host NAME        address to listen on                                   (all of this machine's)
  --data DIR         folder for checkpoints and history                     (.data)
  --fresh            train again from the beginning, beside what is there
  --steps N          stop after N steps, whatever the job says
  --no-open          do not open a browser
  --public-url URL   the address that other devices reach, for links and the QR code
  --trusted-proxy A  whose X-Forwarded-For is believed: addresses, networks (10.0.0.0/8) or loopback, with commas
  --tls-cert FILE    certificate and
  --tls-key FILE     key, both PEM: serves https, which WebGPU needs on other devices
  --help             this text
  --version          which version this is
`;

/** `job` and `data` are taken as paths from `folder`. Never throws. */
export function readOptions(
  words: readonly string[],
  defaults: { readonly job: string; readonly dataDir: string },
): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(words);
  } catch (error) {
    const said = error instanceof Error ? error.message.split('. To specify')[0] : String(error);
    return { ask: 'nothing', sentence: `${said?.replace(/\.?$/, '.')} See npm start -- --help.` };
  }
  if (values.help) return { ask: 'help' };
  if (values.version) return { ask: 'version' };
  const port = wholeNumber(values.port ?? '8080', 0, 65_535);
  if (port === undefined)
    return nothing(`--port is ${values.port}: it must be a whole number from 0 to 65535.`);
  const steps = values.steps === undefined ? undefined : wholeNumber(values.steps, 1, 100_000_000);
  if (values.steps !== undefined && steps === undefined) {
    return nothing(`--steps is ${values.steps}: it must be a whole number from 1 on.`);
  }
  const { 'public-url': publicUrl, 'tls-cert': certFile, 'tls-key': keyFile } = values;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    return nothing('--tls-cert and --tls-key go together: name both files.');
  }
  if (publicUrl !== undefined && !isOrigin(publicUrl)) {
    return nothing(
      `--public-url is ${publicUrl}: it must be a whole address without a path, such as https://train.example.org.`,
    );
  }
  return {
    ask: 'start',
    start: {
      port,
      host: values.host ?? '0.0.0.0',
      dataDir: values.data ?? defaults.dataDir,
      job: values.job ?? defaults.job,
      fresh: values.fresh ?? false,
      steps,
      open: !(values['no-open'] ?? false),
      publicUrl,
      trustedProxies: values['trusted-proxy']?.split(',').map((name) => name.trim()) ?? [],
      tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    },
  };
}

function parse(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      data: { type: 'string' },
      job: { type: 'string' },
      fresh: { type: 'boolean' },
      steps: { type: 'string' },
      'no-open': { type: 'boolean' },
      'public-url': { type: 'string' },
      'trusted-proxy': { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      help: { type: 'boolean' },
      version: { type: 'boolean' },
    },
  }).values;
}

function nothing(sentence: string): Options {
  return { ask: 'nothing', sentence };
}

/** The pages ask for everything from the root of their origin, so there is no room for a path. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin, href } = new URL(text);
  return /^https?:$/.test(protocol) && href === `${origin}/`;
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const number = Number(text);
  return /^\d+$/.test(text) && number >= min && number <= max ? number : undefined;
}
