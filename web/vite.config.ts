// SPDX-License-Identifier: MIT
// How the page is built: one SPA with lazy parts, and the files that are passed on unbundled.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Served path -> file on disk: stock Socket.IO bundles, and the teaching client in plain script. */
const passedOn: Record<string, string> = {
  'seed/index.html': 'src/seed/index.html',
  'seed/seed.js': 'src/seed/seed.js',
  'seed/seed.css': 'src/seed/seed.css',
  'seed/v2/index.html': 'src/seed/v2/index.html',
};
for (const name of ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js']) {
  passedOn[`socket.io/${name}`] = `node_modules/socket.io-client/dist/${name}`;
  passedOn[`socket.io/${name}.map`] = `node_modules/socket.io-client/dist/${name}.map`;
}
for (const name of ['socket.io.js', 'socket.io.js.map']) {
  passedOn[`seed/v2/${name}`] = `node_modules/socket.io-client-v2/dist/${name}`;
}

function passOn(): Plugin {
  return {
    name: 'pass-on',
    generateBundle() {
      for (const [fileName, source] of Object.entries(passedOn)) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(here(source)) });
      }
    },
  };
}

/**
 * Puts something smaller in the place of seven modules, which saves 2.8 KB of gzip. The server speaks no
 * WebTransport, which brings streams of its own along; fetch() needs no old browser's manners; this page
 * says nothing in bytes, so that what another client sends so is no message here, and needs no unpacking;
 * and no lazy part has anything to load before itself, which is what Vite's helper sees to (charts.ts
 * links its style sheet by itself).
 */
const smaller: Record<string, string> = {
  '/engine.io-client/build/esm/transports/polling-xhr.js': readFileSync(here('tools/polling.js'), 'utf8'),
  '/engine.io-parser/build/esm/encodePacket.browser.js': readFileSync(here('tools/text_packet.js'), 'utf8'),
  '/engine.io-client/build/esm/transports/webtransport.js': 'export class WT {}',
  '/engine.io-parser/build/esm/contrib/base64-arraybuffer.js': 'export const decode = () => new ArrayBuffer(0);',
  '/socket.io-parser/build/esm/binary.js':
    'export const deconstructPacket = (packet) => ({ packet, buffers: [] }); export const reconstructPacket = (packet) => packet;',
  '/socket.io-parser/build/esm/is-binary.js': "export const hasBinary = () => false; export const isBinary = (value) => typeof value !== 'string';",
  'vite/preload-helper.js': 'export const __vitePreload = (load) => load();',
};
function leaveOut(): Plugin {
  return {
    name: 'leave-out',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      return Object.entries(smaller).find(([name]) => id.endsWith(name))?.[1] ?? null;
    },
  };
}

export default defineConfig({
  plugins: [passOn(), leaveOut()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    minify: 'terser', // 2 % smaller than esbuild's, which the size budget needs.
    terserOptions: { compress: { passes: 2 }, format: { comments: false } },
    assetsInlineLimit: 0, // The content security policy allows no data: URL.
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/socket.io': { target: 'http://localhost:2022', ws: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node', setupFiles: ['tools/test_setup.mjs'] },
} as Parameters<typeof defineConfig>[0]);
