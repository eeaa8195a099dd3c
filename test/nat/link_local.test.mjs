// SPDX-License-Identifier: MIT
// Clients that have nothing but a link-local address are answered, on each of several links.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { kBinary, kPort, run } from './lab.mjs';

const kLinks = ['one', 'two'];
const kAsk = fileURLToPath(new URL('ask.mjs', import.meta.url));
let server;
let state;

function makeLink(name) {
  run(`ip netns add ${name}`);
  run(`ip link add ${name} netns host type veth peer name out netns ${name}`);
  for (const [namespace, device] of [['host', name], [name, 'out']]) {
    // The address is there at once, since nobody looks for others that have it.
    run(`ip netns exec ${namespace} sysctl -qw net.ipv6.conf.${device}.accept_dad=0`);
    run(`ip -n ${namespace} link set ${device} up`);
  }
}

function linkLocal(device) {
  const shown = execFileSync('ip', ['-n', 'host', '-6', 'addr', 'show', 'dev', device, 'scope', 'link'], { encoding: 'utf8' });
  return /inet6 (fe80:[0-9a-f:]+)/.exec(shown)[1];
}

before(() => {
  run('ip netns add host');
  run('ip -n host link set lo up');
  kLinks.forEach(makeLink);
  state = mkdtempSync(join(tmpdir(), 'duet-nat-'));
  server = spawn('ip', ['netns', 'exec', 'host', kBinary, 'serve', '--listen', String(kPort), '--state-dir', state], { stdio: 'ignore' });
});
after(() => {
  server?.kill('SIGKILL');
  rmSync(state, { recursive: true, force: true });
});

for (const name of kLinks) {
  it(`over link ${name}`, () => {
    const ask = [process.execPath, kAsk, `${linkLocal(name)}%out`, String(kPort)];
    const seen = execFileSync('ip', ['netns', 'exec', name, ...ask], { encoding: 'utf8', timeout: 30_000 });
    assert.match(seen, /^fe80:/);
  });
}
