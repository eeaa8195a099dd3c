// SPDX-License-Identifier: MIT
// What `duet call` owes its owner: signals, hooks, readers that stall, and how it ends.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Duet, NativeCall, deviceIn, freshRoom, held, kBinary, kSmall, sleep, until } from './calls.mjs';

const kSilent = ['--video', 'none', '--audio', 'none'];
const duet = new Duet('--turn', 'off');
const folder = mkdtempSync(join(tmpdir(), 'duet-device-'));
const link = (room) => `${duet.url}/r/${room}`;

before(() => duet.open());
after(async () => {
  await duet.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a reader of --json that stalls holds no picture up', async () => {
  const room = freshRoom('stall');
  const code = join(folder, 'code');
  // The pipe is full before the call begins.
  const script = `{ head -c 65536 /dev/zero; "$0" "$@"; echo $? >${code}; } | sleep 12`;
  const stalled = spawn('sh', ['-c', script, kBinary, 'call', link(room), '--json', '--show', 'none', '--play', 'none', ...kSmall, '--wait', '10s'], { stdio: 'ignore' });
  const exited = once(stalled, 'exit');
  try {
    await sleep(500);
    const other = new NativeCall(link(room), ...kSmall, '--wait', '5s', '--duration', '2s', '--expect', 'connected<4s,video_fps>=5');
    assert.equal(await other.ended, 0, other.said);
    await until('the stalled one ends', () => existsSync(code) && readFileSync(code, 'utf8') === '0\n');
  } finally {
    await exited;
  }
});

test('a reader of --json that goes away ends the writing, not the call', async () => {
  const room = freshRoom('gone');
  const first = await deviceIn(link(room), ...kSmall);
  first.process.stdout.destroy();
  const second = new NativeCall(link(room), ...kSmall, '--duration', '1s', '--expect', 'video_fps>=5');
  assert.equal(await second.ended, 0, second.said);
  assert.equal(await first.ended, 0, first.said);
});

test('what was left out is counted once the reader is back', async () => {
  const room = freshRoom('late');
  const first = await deviceIn(link(room), ...kSmall, '--stats', '100ms', '--explain');
  first.process.stderr.pause();
  first.process.stdout.pause();
  const second = new NativeCall(link(room), ...kSmall, '--duration', '1500ms');
  await second.ended;
  first.process.stdout.resume();
  first.process.stderr.resume();
  assert.equal(await first.ended, 0);
  await first.event('ended'); // whole lines, or JSON.parse had thrown
});

test('the second Ctrl-C ends at once, whatever the first one waits for', async () => {
  const fifo = join(folder, 'nobody-reads.png'); // as a disk that doesn't take it
  execFileSync('mkfifo', [fifo]);
  const room = freshRoom('stuck');
  const stuck = await deviceIn(link(room), ...kSmall, '--snapshot', fifo);
  const other = new NativeCall(link(room), ...kSmall);
  await stuck.event('frame.first');
  await sleep(200);
  stuck.process.kill('SIGINT');
  assert.equal(await other.ended, 0, other.said);
  await sleep(300);
  assert.equal(stuck.process.exitCode, null, 'it waits for the picture to be written');
  const began = Date.now();
  stuck.process.kill('SIGINT');
  assert.equal(await stuck.ended, 130, stuck.said);
  assert.ok(Date.now() - began < 2_000);
});

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  test(`${signal} hangs up politely, and tells what it came too early for`, async () => {
    const room = freshRoom('signal');
    const file = join(folder, `${signal}.mkv`);
    const first = await deviceIn(link(room), ...kSmall, '--record', file);
    const second = new NativeCall(link(room), ...kSmall);
    await first.event('frame.first');
    await sleep(700);
    first.process.kill(signal);
    assert.equal(await first.ended, 0, first.said);
    assert.equal(await second.ended, 0, second.said);
    assert.match(second.said, /the other one hung up/);
    execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']); // throws if it doesn't play
    const early = new NativeCall('http://127.0.0.1:9/r/x', ...kSilent, '--keep');
    await until('it tries', () => /out of reach/.test(early.said));
    early.process.kill(signal);
    assert.equal(await early.ended, code, early.said);
  });
}

test('--relay-only with a server that has no relay ends at once, and a device says so', async () => {
  const call = new NativeCall(link(freshRoom('norelay')), ...kSilent, '--relay-only');
  assert.equal(await call.ended, 7, call.said);
  assert.match(call.said, /has no relay/);
  const device = await deviceIn(link(freshRoom('norelay')), ...kSilent, '--relay-only', '--keep', '--answer');
  await until('it says so', () => /has no relay/.test(device.said));
  assert.equal(await device.hangUp(), 0, device.said);
});

test('a dumb terminal gets lines, and no escape sequences', async () => {
  const room = freshRoom('dumb');
  const words = `${kBinary} call ${link(room)} --show none --play none ${kSmall.join(' ')} --duration 2s`;
  const drawn = {};
  for (const TERM of ['dumb', 'xterm']) {
    const terminal = spawn('script', ['-qec', words, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TERM } });
    drawn[TERM] = '';
    terminal.stdout.on('data', (text) => (drawn[TERM] += text));
    await until('it waits', () => /waiting in/.test(drawn[TERM]));
    const other = new NativeCall(link(room), ...kSmall);
    await once(terminal, 'exit');
    await other.ended;
    assert.match(drawn[TERM], /connected in/);
  }
  assert.ok(!drawn.dumb.includes('\x1b'), drawn.dumb);
  assert.ok(drawn.xterm.includes('\x1b['), drawn.xterm);
});

test('a device says why it does not come back to a server with another certificate', async () => {
  const other = await new Duet().open();
  try {
    const [pin] = other.said.match(/[0-9A-F]{2}(:[0-9A-F]{2}){31}/);
    const device = await deviceIn(`https://127.0.0.1:${other.port}/r/door`, ...kSilent, '--answer', '--keep', '--pin', pin);
    await other.kill();
    rmSync(other.directory, { recursive: true });
    await other.run();
    await until('it says why', () => /shows another certificate than --pin says/.test(device.said), 20_000);
    assert.equal(await device.hangUp(), 0, device.said);
    assert.equal(device.said.match(/another certificate/g).length, 1, device.said);
  } finally {
    await other.stop();
  }
});

test('a seat that is only held for somebody doesn’t count as somebody', async () => {
  const room = freshRoom('held');
  const vanished = await deviceIn(link(room), ...kSilent);
  await sleep(200); // its token
  vanished.process.kill('SIGKILL');
  await vanished.ended;
  const alone = new NativeCall(link(room), ...kSilent, '--wait', '1500ms', '--on-ring', `touch ${folder}/rang-for-nobody`);
  await alone.event('signal.received', ({ event }) => event === 'joined');
  assert.equal(await alone.ended, 10, alone.said);
  assert.match(alone.said, /nobody came within 1500ms/);
  assert.ok(!existsSync(join(folder, 'rang-for-nobody')));
});

test('who leaves before the call has connected was no call', async () => {
  const room = freshRoom('shy');
  const first = await deviceIn(link(room), ...kSilent);
  const shy = new NativeCall(link(room), ...kSilent, '--relay-only', '--keep'); // and there is no relay
  await until('it is there', () => /somebody is here/.test(first.said));
  await shy.hangUp();
  assert.equal(await first.ended, 10, first.said);
  assert.match(first.said, /hung up before the call had connected/);
});

test('hooks know the other one’s name, and only as text', async () => {
  const room = freshRoom('hooks');
  const log = join(folder, 'hooks.log');
  const command = `printf '%s|%s|%s\\n' "$DUET_EVENT" "$DUET_PEER" "$DUET_REASON" >>${log}`;
  const device = await deviceIn(link(room), ...kSmall, '--answer', '--keep', '--on-ring', command, '--on-connect', command, '--on-hangup', command);
  const name = 'Zoë $(touch /tmp/x);\n`id`';
  const caller = new NativeCall(link(room), ...kSmall, '--name', name, '--duration', '500ms');
  assert.equal(await caller.ended, 0, caller.said);
  const lines = await until('three lines', () => {
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    return text.split('\n').length > 3 && text;
  });
  const said = 'Zoë $(touch /tmp/x);?`id`';
  assert.deepEqual(lines.trim().split('\n').sort(), [`connect|${said}|`, `hangup|${said}|bye`, `ring|${said}|`].sort());
  assert.equal(await device.hangUp(), 0);
});

test('a device is idle while nobody calls, and first things come first in every call', async () => {
  const room = freshRoom('idle');
  const device = await deviceIn(link(room), '--video', 'pattern', '--audio', 'tone', '--answer', '--keep', '--stats', '500ms');
  try {
    for (let count = 0; count < 2; count += 1) {
      const caller = new NativeCall(link(room), ...kSmall, '--duration', '1s', '--expect', 'video_first<3s,audio_level>0.01');
      assert.equal(await caller.ended, 0, caller.said);
      await until('the end of the call', () => device.events.filter(({ ev }) => ev === 'ended').length === count + 1);
    }
    for (const first of ['rtp.first', 'frame.first', 'report', 'ended']) {
      assert.equal(device.events.filter(({ ev }) => ev === first).length, 2, first);
    }
    const report = device.events.find(({ ev }) => ev === 'report').stats;
    const outbound = Object.values(report).find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
    assert.ok(outbound.framesEncoded > 3 && outbound.totalEncodeTime > 0, JSON.stringify(outbound));
    await sleep(300);
    const before = held(device.process.pid).cpu;
    await sleep(2_000);
    const used = held(device.process.pid).cpu - before;
    assert.ok(used < 100, `${used} ms of processor time in 2 s`); // drawing the pattern alone takes more
  } finally {
    await device.hangUp();
  }
});

test('--duration ends a device, too', async () => {
  const room = freshRoom('short');
  const device = await deviceIn(link(room), ...kSmall, '--answer', '--keep', '--duration', '1s');
  const caller = new NativeCall(link(room), ...kSmall, '--wait', '10s');
  assert.equal(await caller.ended, 0, caller.said);
  assert.match(caller.said, /the other one hung up/);
  assert.equal(await device.ended, 0, device.said);
});
