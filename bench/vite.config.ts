/** Builds the page on which engines are timed. */

import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';
import { jaxParts } from '../packages/compute/jax-parts.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('engine-page'),
  base: './',
  resolve: { conditions: ['source', ...defaultClientConditions] },
  worker: { format: 'es', plugins: () => [jaxParts()] },
  build: {
    outDir: here('../dist/engine-page'),
    emptyOutDir: true,
    target: 'es2023',
    chunkSizeWarningLimit: 2_000,
    assetsInlineLimit: 0,
    // TF.js looks for its .wasm file by its own name.
    rollupOptions: { output: { assetFileNames: 'assets/[name][extname]' } },
  },
});
