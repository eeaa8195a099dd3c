// SPDX-License-Identifier: MIT
// Calls through the link, case by case, and the table of what came out.
//
// main.mjs BUILD [--peers] [--only CASE]... [--seed N] [--calls N] [--keep FILE] [--duet FILE]
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Link, kServer, makePlaces, now } from '../../test/link/lab.mjs';
import { kCases } from './cases.mjs';
import { nativeLoad, nativeMemory, pageLoad } from './cost.mjs';
import { nativeCall } from './native_end.mjs';
import { pageCall } from './page_end.mjs';
import { serve } from './server.mjs';
import { heading, line } from './table.mjs';

const kNames = [...kCases.map(({ name }) => name), 'cpu', 'memory'];
const usage = `usage: ./dev bench media [-- FLAGS]
  --peers       the same between two Chromiums, in the same run
  --only CASE   ${kNames.join(', ')}; may be said again
  --seed N      which packets are lost (1)
  --calls N     in a row, of memory (50)
  --keep FILE   all that was logged, as JSON
  --duet FILE   the binary, if not the build folder's`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: kNames },
    seed: { type: 'string', default: '1' },
    calls: { type: 'string', default: '50' },
    keep: { type: 'string' },
    duet: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [build] = positionals;
const unknown = options.only.find((name) => !kNames.includes(name));
if (options.help || unknown || !build || !(options.calls >= 5)) {
  if (unknown) console.error(`There is no case ${unknown}.`);
  console.error(usage);
  process.exit(options.help ? 0 : 2);
}
const binary = options.duet ?? join(build, 'duet');
if (!existsSync(binary)) {
  console.error(`${binary} is missing`);
  process.exit(1);
}

/** What a browser's camera sees: the pattern of `duet call`. */
function makeFilm() {
  const film = join(build, 'bench/media/pattern.y4m');
  if (existsSync(film)) return film;
  const { status, error } = spawnSync(join(build, 'bench/media/media_film'), [film], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`no film: ${error?.message ?? `media_film ended with ${status}`}`);
  return film;
}

const tell = (text) => console.error(`  ${text}`);
const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** One case of one kind of ends, with what the link saw. */
async function measure(one, call) {
  const link = await Link.open(join(build, 'test/link/duet_link'), '--seed', options.seed, ...one.link);
  try {
    const run = await call({
      binary,
      server: kServer,
      film,
      async during(start) {
        const late = now() - start; // both were in the room so long ago
        link.start();
        await sleep(one.seconds * 1000 - late);
      },
    });
    run.log = link.log.map((entry) => ({ ...entry, at: entry.mono_ms }));
    run.late = Math.max(...run.log.map(({ ab, ba }) => Math.max(ab.late_ms, ba.late_ms)));
    return run;
  } finally {
    await link.close();
  }
}

async function attempt(title, work) {
  tell(`${title} ...`);
  try {
    return await work();
  } catch (error) {
    tell(`${title}: no figure. ${error.message}`);
    return undefined;
  }
}

const film = options.peers ? makeFilm() : undefined;
makePlaces();
const stop = await serve(binary);
const kept = {};
const out = [heading()];
const load = loadavg()[0];
let late = 0;
for (const one of kCases) {
  if (!options.only.includes(one.name)) continue;
  const mine = await attempt(`${one.name}, duet call, ${one.seconds} s`, () => measure(one, nativeCall));
  const theirs = options.peers ? await attempt(`${one.name}, Chromium, ${one.seconds} s`, () => measure(one, pageCall)) : undefined;
  kept[one.name] = { duet: mine, chromium: theirs };
  late = Math.max(late, mine?.late ?? 0, theirs?.late ?? 0);
  out.push('', one.title);
  for (const [title, unit, figure, target] of one.rows) {
    out.push(line(title, unit, mine && figure(mine), theirs && figure(theirs), target));
    tell(out.at(-1));
  }
}
if (options.only.includes('cpu')) {
  const mine = await attempt('cpu, duet call', () => nativeLoad(binary));
  const theirs = options.peers ? await attempt('cpu, Chromium', () => pageLoad(film)) : undefined;
  out.push('', 'both ends on this machine, 720p30 VP8');
  out.push(line('processor time', 's/s', mine, theirs, { most: theirs }));
  tell(out.at(-1));
}
if (options.only.includes('memory')) {
  const calls = Number(options.calls);
  const memory = await attempt(`memory, ${calls} calls`, () => nativeMemory(binary, calls, (text) => process.stderr.isTTY && process.stderr.write(`\r  ${text}  `)));
  if (memory) {
    out.push('', `one end that stays, ${calls} calls in a row`);
    out.push(line(`memory after ${Math.ceil(calls / 5)}`, 'MB', memory.early / 1e6, undefined, {}));
    out.push(line(`memory after ${calls}`, 'MB', memory.late / 1e6, undefined, { most: (memory.early / 1e6) * 1.05 }));
    out.push(line('calls that failed', '', memory.failed, undefined, { most: 0 }));
  }
}
stop();
if (options.keep) writeFileSync(options.keep, JSON.stringify(kept));
console.log(out.join('\n'));
console.log(`\nRound trip 50 ms, through duet_link, packets at most ${late.toFixed(1)} ms late; load ${load.toFixed(1)} before, ${loadavg()[0].toFixed(1)} after.`);
process.exit(0);
