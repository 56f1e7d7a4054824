/**
 * The model at hand: newest parameters on the person's own device. Whether there are newer ones is asked when a prediction
 * is, and no more often than every two seconds; if the server does not answer, the parameters that are here answer.
 */

import { type Engine, messageOf } from '@manyhands/compute';
import { formatVersion, type ParamsVersion, parseVersion, sameVersion } from '@manyhands/core';
import { type JobProgram, JobViewSchema, LIMITS, ROUTES } from '@manyhands/protocol';
import { pick } from 'zod/mini';
import { DeviceExperience } from './device-experience.ts';
import { type Failure, isFailure } from './failure.ts';
import { fetchParameters, type Parameters } from './parameters.ts';
import { fetchProgram, modelProgramOf } from './program.ts';
import type { WorkshopPorts } from './workshop.ts';

export interface Prediction {
  readonly outputs: Float32Array;
  readonly step: number;
  readonly version: string;
}

export type ReportPreparation = (
  what: 'program' | 'device' | 'model' | 'kernels' | 'parameters',
  done: number,
  total: number,
) => void;

export async function openPredictor(
  server: string,
  job: string,
  ports: WorkshopPorts,
  report: ReportPreparation,
): Promise<Predictor | Failure> {
  report('program', 0, 1);
  const fetched = await fetchProgram(ports.download, server, job);
  if (isFailure(fetched)) return fetched;
  const predictor = new Predictor(server, fetched.program, ports, report);
  const flaw = (await predictor.refresh()) ?? (await predictor.open());
  return flaw ?? predictor;
}

export class Predictor {
  readonly #server: string;
  readonly #program: JobProgram;
  readonly #ports: WorkshopPorts;
  readonly #report: ReportPreparation;
  readonly #experience = new DeviceExperience();
  #parameters: Parameters | undefined;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;
  #engine: Engine | undefined;
  #loaded: Parameters | undefined;
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(server: string, program: JobProgram, ports: WorkshopPorts, report: ReportPreparation) {
    this.#server = server;
    this.#program = program;
    this.#ports = ports;
    this.#report = report;
  }

  /** Outputs for one input. */
  predict(input: Float32Array): Promise<Prediction | Failure> {
    const answer = this.#turn.then(() => this.#answer(input));
    this.#turn = answer;
    return answer;
  }

  /** Fetches newer parameters where there are any; why there are none at all, if so. */
  async refresh(): Promise<Failure | undefined> {
    if (this.#ports.now() - this.#refreshedAtMs < REFRESH_MS_MIN) return undefined;
    this.#refreshedAtMs = this.#ports.now();
    const newest = await this.#fetchNewest();
    if (!isFailure(newest)) this.#parameters = newest;
    return this.#parameters === undefined && isFailure(newest) ? newest : undefined;
  }

  /** Opens an engine where there is none, or none any more. */
  async open(): Promise<Failure | undefined> {
    if (this.#engine !== undefined) return undefined;
    try {
      const { engine } = await this.#ports.openEngine(
        modelProgramOf(this.#program),
        ({ stage, done, total }) => this.#report(stage, done, total),
        { experience: this.#experience.learned },
      );
      this.#engine = engine;
      this.#loaded = undefined;
      void engine.lost.then((sentence) => this.#lose(engine, sentence));
      return undefined;
    } catch (thrown) {
      return { failure: 'incapable', sentence: messageOf(thrown) };
    }
  }

  async #answer(input: Float32Array): Promise<Prediction | Failure> {
    const { shape } = this.#program.samples.input;
    const length = shape.reduce((product, dimension) => product * dimension, 1);
    if (input.length !== length) {
      const sentence = `This model wants ${length} numbers (${shape.join(' × ')}) and got ${input.length}.`;
      return { failure: 'malformed', sentence };
    }
    const flaw = (await this.refresh()) ?? (await this.open());
    if (flaw !== undefined) return flaw;
    const engine = this.#engine!;
    const parameters = this.#parameters!;
    try {
      if (this.#loaded !== parameters) engine.setParams(parameters.params, parameters.state);
      this.#loaded = parameters;
      const outputs = await engine.predict(input, 1);
      this.#experience.finished(engine);
      const { version } = parameters;
      return { outputs, step: version.step, version: formatVersion(version) };
    } catch (thrown) {
      this.#lose(engine, thrown);
      return { failure: 'unreachable', sentence: messageOf(thrown) };
    }
  }

  async #fetchNewest(): Promise<Parameters | Failure> {
    this.#report('parameters', 0, 1);
    const version = await this.#newestVersion();
    if (isFailure(version)) return version;
    const held = this.#parameters;
    if (held !== undefined && sameVersion(held.version, version)) return held;
    return fetchParameters(this.#ports.download, this.#server, this.#program, version);
  }

  async #newestVersion(): Promise<ParamsVersion | Failure> {
    const url = new URL(ROUTES.job(this.#program.id), this.#server).href;
    const bytes = await this.#ports.download(url, { bytesMax: LIMITS.messageBytesMax, fresh: true });
    return isFailure(bytes) ? bytes : (readVersion(bytes) ?? UNREADABLE);
  }

  #lose(engine: Engine, why: unknown): void {
    if (this.#engine !== engine) return;
    this.#experience.lost(engine, why);
    this.#engine = undefined;
    engine.dispose();
  }
}

const REFRESH_MS_MIN = 2_000;

const UNREADABLE: Failure = {
  failure: 'malformed',
  sentence: 'The server described its job in a way that this page cannot read: reload the page.',
};

/** The newest version that a job's view names. */
function readVersion(bytes: Uint8Array): ParamsVersion | undefined {
  try {
    const view = pick(JobViewSchema, { version: true }).parse(JSON.parse(new TextDecoder().decode(bytes)));
    return parseVersion(view.version);
  } catch {
    return undefined;
  }
}
