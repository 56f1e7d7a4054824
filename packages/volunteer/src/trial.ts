/** Trying the model: the newest parameters, fetched from the server, answer on the person's own device. */

export interface Trial {
  /** Outputs for one input (row-major, as the model wants it), and the step of the parameters that answered. */
  predict(
    input: Float32Array,
  ): Promise<{ readonly outputs: Float32Array; readonly step: number; readonly version: string }>;
  close(): void;
}

export interface TrialOptions {
  readonly server: string;
  readonly job: string;
  readonly onPreparation?: (what: string, done: number, total: number) => void;
}

/** Resolves when the model is loaded; rejects with an Error whose message is one sentence for a person. */
export function openTrial(_options: TrialOptions): Promise<Trial> {
  throw new Error('under construction');
}
