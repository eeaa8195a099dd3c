// SPDX-License-Identifier: MIT
// A STUN server's name that no name server tells of holds no call up.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';

import { NativeCall } from '../browser/native.mjs';
import { kBinary, kPort, run } from './lab.mjs';

const kFlags = ['--video', 'none', '--audio', 'tone', '--wait', '20s'];
let folder;
let server;

class Caller extends NativeCall {
  start(binary, words, options) {
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    return spawn('ip', ['netns', 'exec', 'named', 'unshare', '--mount', 'sh', '-c', script, join(folder, 'resolv.conf'), binary, ...words], options);
  }
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'duet-names-'));
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 192.0.2.53\n');
  for (const name of ['named', 'nowhere']) run(`ip netns add ${name}`);
  run('ip link add near netns named type veth peer name far netns nowhere');
  run('ip -n named link set lo up');
  for (const [name, device, address] of [['named', 'near', '10.9.9.1/24'], ['nowhere', 'far', '10.9.9.2/24']]) {
    run(`ip -n ${name} addr add ${address} dev ${device}`);
    run(`ip -n ${name} link set ${device} up`);
  }
  run('ip -n named route add default via 10.9.9.2'); // which forwards nothing and says nothing
  const words = ['serve', '--listen', `127.0.0.1:${kPort}`, '--ice-server', 'stun:stun.example:3478', '--state-dir', folder];
  server = spawn('ip', ['netns', 'exec', 'named', kBinary, ...words], { stdio: 'ignore' });
});
after(() => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('connects two on one network at once', { timeout: 60_000 }, async () => {
  const link = `http://127.0.0.1:${kPort}/r/names`;
  const device = new Caller(link, ...kFlags);
  await device.event('signal.received', ({ event }) => event === 'created');
  const caller = new Caller(link, ...kFlags, '--duration', '1s', '--expect', 'connected<3s');
  assert.equal(await caller.ended, 0, caller.said);
  assert.equal(await device.ended, 0, device.said);
});
