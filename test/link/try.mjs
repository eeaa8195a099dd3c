// SPDX-License-Identifier: MIT
// A command at each end of a link: try.mjs BUILD [FLAGS OF duet_link] -- COMMAND AT A [-- COMMAND AT B]
// The link ends with the command at A. Its log goes to stderr.
import { join } from 'node:path';

import { Link, makePlaces, spawnIn } from './lab.mjs';

const [build, ...words] = process.argv.slice(2);
const parts = [[]];
for (const word of words) {
  if (word === '--') parts.push([]);
  else parts.at(-1).push(word);
}
const [flags, atA, atB] = parts;
if (!build || !atA?.length) {
  console.error('usage: try.mjs BUILD [--rate 1M --delay 25ms --at 20s rate=600k ...] -- COMMAND AT A [-- COMMAND AT B]');
  process.exit(2);
}
makePlaces();
const link = await Link.open(join(build, 'test/link/duet_link'), ...flags);
const far = atB && spawnIn('b', atB, { stdio: 'inherit' });
link.start();
const code = await new Promise((resolve) => spawnIn('a', atA, { stdio: 'inherit' }).once('exit', resolve));
far?.kill();
await link.close();
for (const line of link.log) if (line.ab.packets + line.ba.packets > 0) console.error(JSON.stringify(line));
process.exit(code ?? 1);
