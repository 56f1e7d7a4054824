/** Builds the solo trainer, the page that end-to-end tests and benchmarks compare the platform with. */

import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';
import { jaxParts } from '../packages/compute/jax-parts.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('solo'),
  base: './',
  resolve: { conditions: ['source', ...defaultClientConditions] },
  worker: { format: 'es', plugins: () => [jaxParts()] },
  build: { outDir: here('../dist/solo'), emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 2_000 },
});
