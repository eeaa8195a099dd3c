// SPDX-License-Identifier: MIT
// A server as on a cloud machine: its interface has a private address, and the provider maps a
// public one to it, of which a firewall lets in what was opened.
//
//   this process 198.51.100.7 -- 198.51.100.10 provider 10.0.0.1 -- 10.0.0.2 machine
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import https from 'node:https';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { get, until } from '../clients/server.mjs';
import { kUserFlag, withClients } from '../relay/client.mjs';
import { kBinary, kPort, run } from './lab.mjs';

const kOutside = '198.51.100.7';
const kPublic = '198.51.100.10';
const kPrivate = '10.0.0.2';
const kRange = ['--relay-ports', '50000-50009'];
const kName = 'cloud.example.org';
const host = kPublic;

let directory;
const inside = (namespace, line) => run(`ip netns exec ${namespace} ${line}`);

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'duet-cloud-'));
  // Seen in our own mount namespace alone.
  const hosts = join(directory, 'hosts');
  writeFileSync(hosts, `127.0.0.1 localhost\n${kPublic} ${kName}\n`);
  run(`mount --bind ${hosts} /etc/hosts`);
  for (const name of readdirSync('/run/netns')) run(`ip netns del ${name}`);
  for (const namespace of ['provider', 'machine']) {
    run(`ip netns add ${namespace}`);
    run(`ip -n ${namespace} link set lo up`);
  }
  run('ip link add cloud type veth peer name out netns provider');
  run(`ip addr add ${kOutside}/24 dev cloud`);
  run('ip link set cloud up');
  run('ip link set lo up');
  run('ip link add eth0 netns machine type veth peer name in netns provider');
  run(`ip -n provider addr add ${kPublic}/24 dev out`);
  run('ip -n provider addr add 10.0.0.1/24 dev in');
  run(`ip -n machine addr add ${kPrivate}/24 dev eth0`);
  for (const name of ['out', 'in']) run(`ip -n provider link set ${name} up`);
  run('ip -n machine link set eth0 up');
  run('ip -n machine route add default via 10.0.0.1');
  inside('provider', 'sysctl -qw net.ipv4.ip_forward=1');
});
after(() => {
  run('ip link del cloud');
  run('umount /etc/hosts');
  rmSync(directory, { recursive: true, force: true });
});

/** The provider's own words for it are "security group". */
function letIn(...ports) {
  for (const rule of [
    '-F', '-t nat -F', '-P FORWARD DROP',
    `-t nat -A PREROUTING -i out -d ${kPublic} -j DNAT --to-destination ${kPrivate}`,
    `-t nat -A POSTROUTING -o out -s ${kPrivate} -j SNAT --to-source ${kPublic}`,
    '-A FORWARD -i in -j ACCEPT',
    '-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
    ...ports.map(([protocol, port]) => `-A FORWARD -i out -p ${protocol} --dport ${port} -j ACCEPT`),
  ]) inside('provider', `iptables ${rule}`);
}

const kOnePort = [['tcp', kPort], ['udp', kPort]];
const kWithRange = [...kOnePort, ['udp', '50000:50009']];

/** A server on the machine, for one story: {said()}. */
async function withServer(flags, story, { command = 'serve', env = {} } = {}) {
  const args = [kBinary, command, '--state-dir', directory, '--metrics', '127.0.0.1:9100', ...kUserFlag, ...flags];
  const child = spawn('ip', ['netns', 'exec', 'machine', ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  try {
    await until(() => {
      assert.equal(child.exitCode, null, said);
      return said.includes('\n  relay  ');
    }, 'a greeting', 15_000);
    await story({ said: () => said });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** What a peer that uses no relay and a client of the relay hear of each other. */
async function meet(client) {
  const peer = dgram.createSocket('udp4');
  await new Promise((resolve) => peer.bind({ address: kOutside }, resolve));
  try {
    const heard = [];
    peer.on('message', (bytes, from) => heard.push({ text: bytes.toString(), address: from.address, port: from.port }));
    const there = { address: kOutside, port: peer.address().port };
    assert.equal(await client.bind(0x4000, there), 0);
    client.sendChannel(0x4000, 'to the peer');
    await until(() => heard.length > 0, 'something at the peer');
    assert.deepEqual(heard, [{ text: 'to the peer', ...client.relayed[0] }]);
    peer.send('to the client', client.relayed[0].port, client.relayed[0].address);
    assert.deepEqual(await client.hear(), { channel: 0x4000, text: 'to the client' });
  } finally {
    peer.close();
  }
}

describe('a cloud machine', () => {
  it('relays between two clients over UDP, TCP and TLS, with one open port and nothing said', { timeout: 30_000 }, async () => {
    letIn(...kOnePort);
    await withServer([], ({ said }) =>
      withClients(async (open) => {
        assert.match(said(), /\n {2}relay {13}udp\+tcp\+tls 2022; no other port is needed/);
        assert.doesNotMatch(said(), /warning:/);
        const one = await open('udp', kPort, { host, local: kOutside });
        await one.allocate();
        assert.equal(one.relayed[0].address, kPrivate);
        for (const transport of ['udp', 'tcp', 'tls']) {
          const other = await open(transport, kPort, { host, local: kOutside });
          await other.allocate();
          assert.equal(await one.permit(other.relayed[0]), 0);
          assert.equal(await other.bind(0x4000, one.relayed[0]), 0);
          other.sendChannel(0x4000, transport);
          assert.equal((await one.hear()).text, transport);
          one.sendTo(other.relayed[0], `back by ${transport}`);
          assert.equal((await other.hear()).text, `back by ${transport}`);
          assert.equal(await other.permit({ address: kOutside, port: 5000 }), 403);
        }
      }));
  });

  const external = {
    'its address': kPublic,
    'a name of it': `dns:${kName}`,
    'what it learns': 'auto',
  };
  for (const [name, value] of Object.entries(external)) {
    it(`reaches peers without a relay at ${name}, through a range of open ports`, { timeout: 40_000 }, async () => {
      letIn(...kWithRange);
      await withServer([...kRange, '--external-ip', value], ({ said }) =>
        withClients(async (open) => {
          const told = value === 'auto' ? 'the address that people open the page by' : value;
          assert.ok(said().includes(`2022; and udp 50000-50009 for everybody else, at ${told}\n`), said());
          assert.doesNotMatch(said(), /warning:|note:/);
          if (value === 'auto') {
            // Only a visitor knows: here one at the public address.
            const agent = new https.Agent({ rejectUnauthorized: false });
            assert.equal((await get(`https://${kPublic}:${kPort}/`, { agent })).status, 200);
          }
          if (value !== kPublic) await until(() => said().includes('external address'), 'an external address', 15_000);
          const client = await open('udp', kPort, { host, local: kOutside });
          await client.allocate();
          assert.equal(client.relayed[0].address, kPublic);
          assert.ok(client.relayed[0].port >= 50_000 && client.relayed[0].port <= 50_009);
          await meet(client);
          // Nobody gets at the machine itself by its public address, nor by its private one.
          assert.equal(await client.bind(0x4001, { address: kPublic, port: 22 }), 403);
          assert.equal(await client.permit({ address: kPrivate, port: 22 }), 403);
          // Two clients of the relay still need no socket between them.
          const other = await open('tls', kPort, { host, local: kOutside });
          await other.allocate();
          assert.equal(await other.permit(client.relayed[0]), 0);
          assert.equal(await client.bind(0x4002, other.relayed[0]), 0);
          client.sendChannel(0x4002, 'in memory');
          assert.equal((await other.hear()).text, 'in memory');
        }));
    });
  }

  it('whose range the firewall keeps closed reaches nobody without a relay, and who has one all the same', { timeout: 30_000 }, async () => {
    letIn(...kOnePort);
    await withServer([...kRange, '--external-ip', kPublic], () =>
      withClients(async (open) => {
        const [one, other] = [await open('udp', kPort, { host, local: kOutside }), await open('tcp', kPort, { host, local: kOutside })];
        for (const client of [one, other]) await client.allocate();
        const peer = dgram.createSocket('udp4');
        await new Promise((resolve) => peer.bind({ address: kOutside }, resolve));
        await one.permit({ address: kOutside, port: peer.address().port });
        peer.send('first', one.relayed[0].port, one.relayed[0].address);
        assert.equal(await one.hear(300), undefined);
        peer.close();
        await one.bind(0x4000, other.relayed[0]);
        await other.permit(one.relayed[0]);
        one.sendChannel(0x4000, 'in memory');
        assert.equal((await other.hear()).text, 'in memory');
      }));
  });

  it('keeps what the operator says of a family, whatever visitors and names say', { timeout: 40_000 }, async () => {
    letIn(...kOnePort);
    await withServer(['--external-ip', 'auto', '--external-ip', `dns:${kName}`, '--external-ip', '203.0.113.7'], ({ said }) =>
      withClients(async (open) => {
        const agent = new https.Agent({ rejectUnauthorized: false });
        assert.equal((await get(`https://${kPublic}:${kPort}/`, { agent })).status, 200);
        await new Promise((resolve) => setTimeout(resolve, 6_000)); // that long until it looks at what it learned
        const client = await open('udp', kPort, { host, local: kOutside });
        await client.allocate();
        assert.equal(client.relayed[0].address, '203.0.113.7', said());
      }));
  });
});

// A container is a machine in a private network that says so.
describe('a container', () => {
  const container = { env: { container: 'docker' } };
  const stories = [
    ['says that one port is to be published', [], /\n  note: this is a container's private network \(10\.0\.0\.2\)\. Publish the port for TCP and UDP/],
    ['says that a range is told at an address that nobody reaches', kRange, /\n  warning: this is a container's private network: relayed addresses are told as 10\.0\.0\.2, which nobody outside reaches/],
    ['says nothing of it where the host’s address is said', [...kRange, '--external-ip', kPublic]],
    ['says nothing of it where the host’s own private address is said', [...kRange, '--external-ip', '192.168.1.20']],
    ['says nothing of it where a name is said', [...kRange, '--external-ip', `dns:${kName}`]],
    ['says nothing of it where visitors are to say it', [...kRange, '--external-ip', 'auto']],
    ['warns where only the other family is said', [...kRange, '--external-ip', '2001:db8::1'], /\n  warning: .* told as 10\.0\.0\.2/],
  ];
  for (const [name, flags, pattern] of stories) {
    it(name, { timeout: 20_000 }, async () => {
      await withServer(flags, ({ said }) => {
        if (pattern) assert.match(said(), pattern);
        else assert.doesNotMatch(said(), /warning:|note:/);
      }, container);
    });
  }
});
