/**
 * One build for everything that a browser gets from the server: `dist/web`.
 *
 *     index.html  → the pages (React)             /, /join/:id, /dashboard/:id, /try/:id
 *     embed.html  → the framed page of the widget  /embed/:id
 *     widget.js   → the loader that a host page includes; its name never changes
 *     wasm/…      → TF.js's own, found there by their names
 *     assets/…    → everything else, named by its hash, so that it caches for ever
 *
 * Workspace packages are bundled from their sources (the `source` condition of their exports), and so are the tests.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { configDefaults, defineConfig } from 'vitest/config';
import { jaxParts } from './packages/compute/jax-parts.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const testing = process.env['VITEST'] !== undefined;
/** Packages whose modules do nothing but define: a page that takes one constant takes nothing else with it. */
const PURE = /packages[\\/](core|protocol)[\\/]src/;
const treeshake = { moduleSideEffects: [{ test: PURE, sideEffects: false }] };
/** In a file by itself it stays in caches when our pages change. */
const REACT = /node_modules[\\/](react|react-dom|scheduler|use-sync-external-store|wouter|regexparam)[\\/]/;
/** Nobody bundles what comes out of here: marks for bundlers would only be downloaded. */
const FINAL = { annotation: false };
const server = 'http://localhost:8080';

export default defineConfig({
  root: here(testing ? '.' : 'apps/web'),
  plugins: [react(), jaxParts(), sharedSocket(), classicScript('widget'), embedPage(), wasmFiles()],
  resolve: { conditions: ['source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  worker: {
    format: 'es',
    plugins: () => [jaxParts(), sharedSocket()],
    rolldownOptions: { treeshake, output: { comments: FINAL } },
  },
  server: {
    proxy: { '/api': server, '/socket': { target: server, ws: true } },
  },
  build: {
    outDir: here('dist/web'),
    emptyOutDir: true,
    target: 'es2023',
    // The oldest browsers with `light-dark()`, so that it is left as it is written.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // TF.js is loaded after the yes, in a worker; its size is no news.
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: {
      input: {
        index: here('apps/web/index.html'),
        embed: here('apps/web/embed.html'),
        widget: here('apps/widget/src/loader.ts'),
      },
      treeshake,
      output: {
        comments: FINAL,
        codeSplitting: { groups: [{ name: 'react', test: REACT }] },
        entryFileNames: (chunk) => (chunk.name === 'widget' ? 'widget.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  test: {
    include: [
      'packages/**/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'apps/**/src/**/*.test.{ts,tsx}',
      'e2e/*.test.ts',
    ],
    exclude: [...configDefaults.exclude, '**/*.browser.test.ts'],
    // Tests compute with the library as browsers are given it.
    server: { deps: { inline: [/@jax-js/] } },
    setupFiles: [here('scripts/property-seed.mjs')],
    // Nothing else runs beside them, and much of their time is waiting for sockets.
    maxWorkers: '100%',
    // A test of speed is no test, and a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

/** Wraps one entry so that it runs as a classic script and leaves no name behind in the page that includes it. */
function classicScript(entry: string): Plugin {
  return {
    name: 'manyhands:classic-script',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !chunk.isEntry || chunk.name !== entry) continue;
        if (chunk.imports.length + chunk.dynamicImports.length + chunk.exports.length > 0) {
          this.error(`${entry} must stand alone: a classic script can neither import nor export`);
        }
        chunk.code = `(()=>{${chunk.code.trim()}})();\n`;
      }
    },
  };
}

/**
 * socket.io in a file of its own, which a page that watches and its worker both import: Vite builds a worker by itself, and would
 * put it into either.
 */
function sharedSocket(): Plugin {
  const file = here('node_modules/socket.io-client/dist/socket.io.esm.min.js');
  const source = readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const fileName = `assets/socket.io-${createHash('sha256').update(source).digest('base64url').slice(0, 8)}.js`;
  return {
    name: 'manyhands:shared-socket',
    apply: 'build',
    enforce: 'pre',
    resolveId: (id) => (id === 'socket.io-client' ? { id: `/${fileName}`, external: true } : undefined),
    generateBundle() {
      this.emitFile({ type: 'asset', fileName, source });
    },
    // A framed page loads it after the yes.
    transformIndexHtml: (_html, { path }) =>
      path === '/index.html'
        ? [
            {
              tag: 'link',
              injectTo: 'head',
              attrs: { rel: 'modulepreload', crossorigin: true, href: `/${fileName}` },
            },
          ]
        : [],
  };
}

/** The files that TF.js's WASM backend fetches, which one being its own choice. */
function wasmFiles(): Plugin {
  const folder = here('node_modules/@tensorflow/tfjs-backend-wasm/dist');
  return {
    name: 'manyhands:wasm-files',
    apply: 'build',
    generateBundle() {
      for (const name of readdirSync(folder).filter((file) => file.endsWith('.wasm'))) {
        this.emitFile({ type: 'asset', fileName: `wasm/${name}`, source: readFileSync(`${folder}/${name}`) });
      }
    },
  };
}

/** While developing, Vite gives out the framed page as the server does. */
function embedPage(): Plugin {
  return {
    name: 'manyhands:embed-page',
    apply: 'serve',
    configureServer({ middlewares }) {
      middlewares.use((request, _response, next) => {
        if (request.url?.startsWith('/embed/')) request.url = '/embed.html';
        next();
      });
    },
  };
}
