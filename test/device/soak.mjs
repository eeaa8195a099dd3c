// SPDX-License-Identifier: MIT
// Call after call to one device, through a death of the server: what the device holds before and after.

import { parseArgs } from 'node:util';
import { Duet, NativeCall, deviceIn, freshRoom, held, kSmall, sleep } from './calls.mjs';

const { values } = parseArgs({ options: { calls: { type: 'string', default: '50' }, seconds: { type: 'string', default: '1' } } });
const calls = Number(values.calls);
const duration = `${Number(values.seconds) * 1000}ms`;
const kWarm = Math.min(5, calls); // what is made once is made by then

const duet = await new Duet().open();
const room = freshRoom('soak');
const link = `${duet.url}/r/${room}`;
const device = await deviceIn(link, ...kSmall, '--answer', '--keep', '--name', 'the device');
const failures = [];
const connected = [];
let before;
const began = Date.now();

for (let count = 0; count < calls; count += 1) {
  if (count === kWarm) {
    await sleep(500);
    before = held(device.process.pid);
  }
  if (count === Math.floor(calls / 2)) {
    await duet.kill(); // without a word
    await sleep(1_000);
    await duet.run();
  }
  const caller = new NativeCall(link, ...kSmall, '--duration', duration, '--wait', '30s', '--expect', 'connected<10s,video_first<10s,audio_level>0.01');
  const code = await caller.ended;
  if (code !== 0) failures.push(`call ${count + 1}: exit code ${code}\n${caller.said}`);
  const took = caller.events.find(({ ev }) => ev === 'connected')?.took_ms;
  if (took !== undefined) connected.push(took);
}
await sleep(1_000);
const afterwards = held(device.process.pid);
const ended = device.events.filter(({ ev }) => ev === 'ended').length;
const code = await device.hangUp();
await duet.stop();

connected.sort((a, b) => a - b);
console.log(`${calls} calls of ${duration} in ${((Date.now() - began) / 1000).toFixed(0)} s, the server killed and started in the middle`);
console.log(`  the device counted ${ended} calls and ended with ${code}; ${failures.length} calls failed`);
console.log(`  connected after: median ${connected[connected.length >> 1]} ms, at most ${connected.at(-1)} ms`);
for (const what of ['rss_kb', 'descriptors', 'threads']) {
  console.log(`  ${what.padEnd(11)}  after ${kWarm} calls ${before?.[what]}, after ${calls} ${afterwards[what]}`);
}
for (const failure of failures) console.log(failure);
// A megabyte in 45 calls is what an allocator keeps; a connection that leaks costs that each.
const grown = before && (afterwards.rss_kb - before.rss_kb > 4_000 || afterwards.descriptors > before.descriptors || afterwards.threads > before.threads);
if (grown) console.log('  it has grown');
process.exit(failures.length > 0 || code !== 0 || ended !== calls || grown ? 1 : 0);
