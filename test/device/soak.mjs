// SPDX-License-Identifier: MIT
// Call after call to one device behind a router, through a death of the server and changes of the device's
// address and of its home's: what the device holds before and after. Started by ../nat/enter.mjs.

import { parseArgs } from 'node:util';
import { callerIn } from '../nat/callers.mjs';
import { Server, kPort, kServers, makeNetworks, moveInside, moveOutside, setRouter } from '../nat/lab.mjs';
import { held, kSmall, sleep } from './calls.mjs';

const { values } = parseArgs({ options: { calls: { type: 'string', default: '50' }, seconds: { type: 'string', default: '1' } } });
const calls = Number(values.calls);
const duration = `${Number(values.seconds) * 1000}ms`;
const kWarm = Math.min(5, calls); // what is made once is made by then

const kSettled = 12_000; // ms until a device that nobody tells has noticed

makeNetworks();
setRouter('left', 'cone');
setRouter('right', 'symmetric');
const server = await Server.start('--limits', 'off');
const link = `http://${kServers[0]}:${kPort}/r/soak`;
const [Device, Caller] = ['left', 'right'].map(callerIn);
const device = new Device(link, ...kSmall, '--answer', '--keep', '--name', 'the device');
await device.event('signal.received', ({ event }) => event === 'created');
/** By the call that they come before, in quarters. */
const trials = new Map([
  [Math.floor(calls / 4), () => moveInside('left', 77)],
  [Math.floor(calls / 2), () => server.restart()],
  [Math.floor((calls * 3) / 4), async () => {
    moveOutside('left', { outside: '203.0.113.10', provider: '203.0.113.9' });
    await sleep(kSettled);
  }],
]);
const progress = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);
const failures = [];
const connected = [];
let before;
const began = Date.now();

for (let count = 0; count < calls; count += 1) {
  if (count === kWarm) {
    await sleep(500);
    before = held(device.process.pid);
  }
  await trials.get(count)?.();
  progress(`${count + 1} of ${calls} calls, ${failures.length} failed`);
  const caller = new Caller(link, ...kSmall, '--duration', duration, '--wait', '30s', '--expect', 'connected<10s,video_first<10s,audio_level>0.01');
  const code = await caller.ended;
  if (code !== 0) failures.push(`call ${count + 1}: exit code ${code}\n${caller.said}`);
  const took = caller.events.find(({ ev }) => ev === 'connected')?.took_ms;
  if (took !== undefined) connected.push(took);
}
progress('');
await sleep(1_000);
const afterwards = held(device.process.pid);
const ended = device.events.filter(({ ev }) => ev === 'ended').length;
const code = await device.hangUp();
server.stop();

connected.sort((a, b) => a - b);
console.log(`${calls} calls of ${duration} in ${((Date.now() - began) / 1000).toFixed(0)} s, with a change of its address, the server killed and started, and a change of its home's address`);
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
