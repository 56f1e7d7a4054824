/** What a bundler makes of jax-js in parts. That it computes the same is for the tests of the engine, which compute with it, too. */

import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, test } from 'vitest';
import { jaxParts } from '../jax-parts.ts';

describe('jax-js in parts', () => {
  let chunks: readonly Rollup.OutputChunk[];

  beforeAll(async () => {
    chunks = await bundled('../src/jax/jax-device-model.ts');
  });

  /** Which chunks define this, and whether whoever computes in jax-js downloads them in any case. */
  function defining(text: string): readonly ('always' | 'on demand')[] {
    const entry = chunks.find(({ isEntry }) => isEntry)!;
    const always = new Set([entry.fileName, ...entry.imports]);
    return chunks
      .filter(({ code }) => code.includes(text))
      .map(({ fileName }) => (always.has(fileName) ? 'always' : 'on demand'));
  }

  test('[JX4] a backend is downloaded by those who compute on it', () => {
    expect(defining('var WasmBackend = class')).toEqual(['on demand']);
    expect(defining('var WebGPUBackend = class')).toEqual(['on demand']);
  });

  test('[JX5] what no layer calls is downloaded by nobody', () => {
    expect(defining('function matmul(')).toEqual(['always']);
    expect(defining('function einsum(')).toEqual([]);
    expect(defining('function lstsq(')).toEqual([]);
    expect(defining('const multivariateNormal =')).toEqual([]);
  });
});

async function bundled(entry: string): Promise<readonly Rollup.OutputChunk[]> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    plugins: [jaxParts()],
    resolve: { conditions: ['source', 'browser'] },
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      rolldownOptions: {
        input: fileURLToPath(new URL(entry, import.meta.url)),
        preserveEntrySignatures: 'strict',
      },
    },
  })) as Rollup.RolldownOutput;
  return output.filter((file) => file.type === 'chunk');
}
