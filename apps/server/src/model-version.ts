/** One version of a run's parameters as bytes that HTTP can serve, in every file layout that people read. */

import { webcrypto } from 'node:crypto';
import { layoutSize, type ParamLayout } from '@manyhands/core';
import { encodeSafetensors, type JobProgram, type Tensor } from '@manyhands/protocol';
import { zip } from './zip.ts';

export class ModelVersion {
  /** `incarnation-step`. */
  readonly version: string;
  /** Parameters, then non-trainable state, as little-endian float32. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly #model: JobProgram['model'];
  #paramsSha256: Promise<string> | undefined;
  #safetensors: Promise<Uint8Array> | undefined;
  #archive: Promise<Uint8Array> | undefined;

  constructor(model: JobProgram['model'], version: string, body: Uint8Array<ArrayBuffer>) {
    this.#model = model;
    this.version = version;
    this.body = body;
  }

  /** SHA-256 of the body in hex. Computed when first asked for, and by the thread pool: this thread does no arithmetic. */
  paramsSha256(): Promise<string> {
    this.#paramsSha256 ??= webcrypto.subtle
      .digest('SHA-256', this.body)
      .then((hash) => Buffer.from(hash).toString('hex'));
    return this.#paramsSha256;
  }

  /** The tensors by name, with the version and the hash beside them. Made when first asked for. */
  safetensors(): Promise<Uint8Array> {
    this.#safetensors ??= this.paramsSha256().then((paramsSha256) =>
      encodeSafetensors(this.#tensors(), { version: this.version, paramsSha256 }),
    );
    return this.#safetensors;
  }

  /** What `modelJson` says and the weights that it names, in a folder of this name. Made when first asked for. */
  archive(folder: string): Promise<Uint8Array> {
    this.#archive ??= zip([
      { path: `${folder}/model.json`, bytes: Buffer.from(JSON.stringify(this.modelJson())) },
      { path: `${folder}/${this.#weightsFile}`, bytes: this.body },
    ]);
    return this.#archive;
  }

  /** What `tf.loadLayersModel` loads; the weights lie beside it under a name that holds the version. */
  modelJson(): object {
    const { topology, params, state } = this.#model;
    return {
      format: 'layers-model',
      generatedBy: 'Manyhands',
      convertedBy: null,
      modelTopology: topology,
      weightsManifest: [
        {
          paths: [this.#weightsFile],
          weights: [...params, ...state].map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
        },
      ],
    };
  }

  get #weightsFile(): string {
    return `weights-${this.version}.bin`;
  }

  #tensors(): Tensor[] {
    const { params, state } = this.#model;
    return [...this.#slices(params, 0), ...this.#slices(state, layoutSize(params))];
  }

  #slices(layout: ParamLayout, start: number): Tensor[] {
    return layout.map(({ name, shape, offset, size }) => {
      const from = (start + offset) * Float32Array.BYTES_PER_ELEMENT;
      const bytes = this.body.subarray(from, from + size * Float32Array.BYTES_PER_ELEMENT);
      return { name, dtype: 'F32', shape, bytes };
    });
  }
}
