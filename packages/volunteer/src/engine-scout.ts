/**
 * What one tab knows of the engines that could compute here: it makes readings of the leases as they are computed, keeps what
 * was measured and what failed, and asks for advice (`engine-advice`). What is measured anew is told to whoever keeps it.
 */

import {
  type EngineChoice,
  type EngineName,
  type EngineSpeed,
  predictSpeed,
  speedsBeside,
} from '@manyhands/compute';
import { advise, middle, READINGS } from './engine-advice.ts';

export interface ScoutPorts {
  readonly now: () => number;
  /** Hears what was measured here. */
  readonly measured: (speed: EngineSpeed) => void;
  /** Whether this tab may change its class of device by itself while it serves. */
  readonly free: boolean;
}

export class EngineScout {
  readonly #ports: ScoutPorts;
  /** What others say, from the server's table. */
  readonly #told: readonly EngineSpeed[];
  /** What was measured in this browser; of two of one engine the later counts. */
  readonly #own: EngineSpeed[];
  /** They were tried in this visit and failed. */
  readonly #incapable = new Set<EngineName>();
  #atWork: { readonly name: EngineName; readonly choice: EngineChoice } | undefined;
  #readings: number[] = [];
  /** The first lease of an engine is not like the others. */
  #warm = false;
  #deviceMs = 0;
  #samples = 0;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(told: readonly EngineSpeed[], own: readonly EngineSpeed[], ports: ScoutPorts) {
    this.#told = told;
    this.#own = [...own];
    this.#ports = ports;
  }

  /** What an engine may be chosen by: what was measured here counts more. */
  get speeds(): readonly EngineSpeed[] {
    return [...this.#told, ...this.#own];
  }

  /** Seconds a sample of the engine at work, of late; undefined before there were readings. */
  get secondsPerSample(): number | undefined {
    return this.#readings.length === 0 ? undefined : middle(this.#readings);
  }

  /** This engine computes from now on. */
  opened(name: EngineName, choice: EngineChoice): void {
    this.#atWork = { name, choice };
    this.#readings = [];
    this.#warm = false;
    this.#forgetReading();
  }

  /** The engine at work has computed so many samples to train with. */
  computed(samples: number, deviceMs: number): void {
    if (!this.#warm) {
      this.#warm = true;
      return;
    }
    this.#deviceMs += deviceMs;
    this.#samples += samples;
    // Clocks count milliseconds here, and a short lease takes no more.
    if (this.#deviceMs < READING_MS) return;
    this.#readings = [...this.#readings, this.#deviceMs / 1_000 / this.#samples].slice(-READINGS);
    this.#forgetReading();
  }

  /** Which engine the next gap is for; undefined where the one at work stays. What holds no longer is measured on the way. */
  advised(): EngineName | undefined {
    if (this.#atWork === undefined) return undefined;
    const advice = advise(this.#known(this.#atWork));
    switch (advice.advice) {
      case 'stay':
        return undefined;
      case 'measure-again':
        this.#measure(this.#atWork.name, advice.secondsPerSample);
        return this.advised();
      case 'try':
        return advice.engine;
    }
  }

  /** Another engine had its gap; without seconds it could not compute. */
  tried(engine: EngineName, secondsPerSample: number | undefined): void {
    this.#triedAtMs = this.#ports.now();
    if (secondsPerSample === undefined) this.#incapable.add(engine);
    else this.#measure(engine, secondsPerSample);
  }

  #known({ name, choice }: { readonly name: EngineName; readonly choice: EngineChoice }) {
    const known = speedsBeside(choice.adapter, this.speeds);
    const measured = this.#measuredHere().get(name);
    const scale = measured === undefined ? undefined : { engine: name, secondsPerSample: measured };
    const others = choice.others
      .filter((engine) => !this.#incapable.has(engine))
      .map((engine) => ({
        engine,
        secondsPerSample: predictSpeed(engine, choice.setting, known, scale),
      }));
    const rested = this.#ports.now() - this.#triedAtMs >= PAUSE_MS;
    return { readings: this.#readings, measured, others, free: this.#ports.free && rested };
  }

  #measuredHere(): ReadonlyMap<EngineName, number> {
    return speedsBeside(this.#atWork!.choice.adapter, this.#own);
  }

  #measure(engine: EngineName, secondsPerSample: number): void {
    const { adapter } = this.#atWork!.choice;
    const speed = { adapter, engine, secondsPerSample };
    this.#own.push(speed);
    this.#ports.measured(speed);
  }

  #forgetReading(): void {
    this.#deviceMs = 0;
    this.#samples = 0;
  }
}

/** A reading is over at least this much of the device's time. */
const READING_MS = 100;
/** No two engines are tried sooner one after the other: a gap is for everybody's work, too. */
const PAUSE_MS = 30_000;
