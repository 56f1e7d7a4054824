/** Where things are. Paths with a version in them never change their bytes; `latest` does. */

export const SOCKET_PATH = '/socket';

const job = (id: string) => `/api/jobs/${encodeURIComponent(id)}`;

export const ROUTES = {
  server: '/api/server',
  jobs: '/api/jobs',
  job,
  program: (id: string) => `${job(id)}/program`,
  /** Safetensors: parameters and non-trainable state by name. `version` is `incarnation-step` or `latest`. */
  params: (id: string, version: string) => `${job(id)}/params/${version}`,
  /** The `update` frames that lead from one version to a later one, one behind the other, all of one length. */
  updates: (id: string, from: string, to: string) => `${job(id)}/updates/${from}/${to}`,
  /** Safetensors: `inputs`, `targets` of one shard. `set` is `train` or `evaluation`. */
  samples: (id: string, set: 'train' | 'evaluation', shard: number) => `${job(id)}/samples/${set}/${shard}`,
  model: (id: string) => `${job(id)}/model/model.json`,
  weights: (id: string, version: string) => `${job(id)}/model/weights-${version}.bin`,
  /** Both in one ZIP archive, to be taken away. `version` as for `params`. */
  archive: (id: string, version: string) => `${job(id)}/archive/${version}`,
  history: (id: string) => `${job(id)}/history`,
  /** How fast engines are beside adapters, as volunteers have measured it. */
  speeds: (id: string) => `${job(id)}/speeds`,
  /** What an account, which is a browser's own pseudonym, has given. */
  credit: (id: string, account: string) => `${job(id)}/credit/${account}`,
  /** POST, with the admin token: `pause`, `resume` or `stop`. */
  command: (id: string, command: 'pause' | 'resume' | 'stop') => `${job(id)}/${command}`,
  openapi: '/api/openapi.json',
  /** Pages. */
  joinPage: (id: string) => `/join/${encodeURIComponent(id)}`,
  dashboardPage: (id: string) => `/dashboard/${encodeURIComponent(id)}`,
  trialPage: (id: string) => `/try/${encodeURIComponent(id)}`,
  embedPage: (id: string) => `/embed/${encodeURIComponent(id)}`,
  widgetScript: '/widget.js',
  /** TF.js's own .wasm files, for browsers without a graphics adapter. */
  wasmFolder: '/wasm/',
} as const;
