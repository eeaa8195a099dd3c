// SPDX-License-Identifier: MIT
// Fails the build when what a call loads before its charts is over the budget: page, style, the
// larger of the languages, the QR code and the timeline's panel.

import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const kBudgetBytes = 60 * 1024; // gzip; what a phone on a slow network waits for
const kElsewhere = /^(charts|uPlot|loop|authority)[-.]/; // the charts, and pages without a call
const kLanguages = /^(en|zh)-/;

const dist = new URL('../dist/', import.meta.url);
const gzip = (path) => gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length;
const sizes = [
  ['index.html', gzip('index.html')],
  ...readdirSync(new URL('assets/', dist)).map((name) => [name, gzip(`assets/${name}`)]),
];

const languages = sizes.filter(([name]) => kLanguages.test(name));
let total = Math.max(...languages.map(([, size]) => size));
for (const [name, size] of sizes) {
  const counted = !kElsewhere.test(name) && !kLanguages.test(name);
  if (counted) total += size;
  console.log(`${String(size).padStart(7)}  ${name}${counted ? '' : '  (counted apart)'}`);
}
console.log(`${String(total).padStart(7)}  bytes of gzip before the charts; the budget is ${kBudgetBytes}`);
if (languages.length !== 2 || total > kBudgetBytes) process.exit(1);
