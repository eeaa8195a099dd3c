// SPDX-License-Identifier: MIT
// What coturn's own client tools make of this relay, and calls through servers of coturn.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { binary, freePort, until } from '../clients/server.mjs';
import { kUser, kUserFlag } from './client.mjs';
import { portRange, withSecret, withServer } from './server.mjs';

const kMessages = 50; // of each of a run's connections, one every 20 ms
const kLogin = ['-u', kUser.username, '-w', kUser.password];

/** Runs a tool to its end. @returns {code, text} of it */
async function run(tool, args, seconds = 60) {
  const child = spawn(tool, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
  child.on('error', (error) => assert.fail(`${tool} comes with the package coturn: ${error.message}`));
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, text };
}

/** What turnutils_uclient counted at its end. */
function tally(text) {
  const last = (pattern) => Number([...text.matchAll(pattern)].at(-1)?.[1] ?? NaN);
  return {
    sent: last(/tot_send_msgs=(\d+)/g),
    received: last(/tot_recv_msgs=(\d+)/g),
    lost: last(/Total lost packets (\d+)/g),
  };
}

async function withPeer(address, story) {
  const port = await freePort(address);
  const peer = spawn('turnutils_peer', ['-p', String(port), '-L', address], { stdio: 'ignore' });
  try {
    await until(() => peer.pid !== undefined, 'a peer');
    await story(port);
  } finally {
    peer.kill();
  }
}

const uclient = (server, args, { address = '127.0.0.1', messages = kMessages, login = kLogin, seconds } = {}) =>
  run('turnutils_uclient', [...login, '-p', server.port, '-n', messages, ...args, address], seconds);

/** Everything that was sent arrived. Returns how much it was. */
function assertDelivered({ code, text }, more = 0) {
  const { sent, received, lost } = tally(text);
  assert.equal(code, 0, text.slice(-2000));
  assert.ok(sent >= kMessages, `sent ${sent}`);
  assert.equal(received, sent + more);
  assert.equal(lost, 0);
  return sent;
}

/** Everything that was sent arrived, and the relay says so too. */
async function assertNothingLost(server, outcome, more = 0) {
  await assertRelayed(server, assertDelivered(outcome, more));
}

/** A message that an echo or another client sends back counts in both directions. */
async function assertRelayed(server, count) {
  for (const direction of ['from_client', 'to_client']) {
    assert.equal(await server.metric(`duet_turn_relayed_packets_total{direction="${direction}"}`), count, direction);
  }
  // Every allocation was given back, and said once what it had carried.
  await until(() => server.log.includes('allocation ended'), 'a line of the log');
}

const between = { // clients whose relayed addresses talk to each other, in memory
  'over UDP': [],
  'by Send indications': ['-s'],
  'over TCP': ['-t'],
  'over TCP by Send indications': ['-t', '-s'],
  'with DONT-FRAGMENT': ['-g'],
  'with padded ChannelData over UDP': ['-D'],
  'one connection each, without EVEN-PORT': ['-c'],
  'four clients': ['-m', 4],
  'with IPv4 asked for by name': ['-X'],
  'with messages of 1200 bytes': ['-l', 1200],
  'with requests again and again': ['-G'],
  'with bad requests before': ['-N'],
  'that change networks (RFC 8016)': ['-M'],
  'that change networks over TCP': ['-t', '-M'],
};

describe('turnutils_uclient, client to client', { concurrency: 6 }, () => {
  it('for longer than a permission or a refresh would need', { timeout: 120_000 }, () =>
    withServer(kUserFlag, async (server) =>
      assertNothingLost(server, await uclient(server, ['-y'], { messages: 2000, seconds: 110 }))));

  for (const [name, args] of Object.entries(between)) {
    it(name, { timeout: 90_000 }, () =>
      withServer(kUserFlag, async (server) => assertNothingLost(server, await uclient(server, ['-y', ...args]))));
  }

  it('over TLS, as far as that client can', { timeout: 90_000 }, () =>
    withServer(kUserFlag, async (server) => {
      const { code, text } = await uclient(server, ['-y', '-t', '-S']);
      const { sent, lost } = tally(text);
      assert.equal(code, 0, text.slice(-2000));
      // It reads a socket once however many records came, and so finds the last ones too late, with
      // coturn's server as well: what counts is that the relay passed on everything it got.
      assert.ok(lost <= sent / 10, `${lost} of ${sent}`);
      const relayed = (direction) => server.metric(`duet_turn_relayed_packets_total{direction="${direction}"}`);
      assert.equal(await relayed('to_client'), await relayed('from_client'));
      assert.ok(await relayed('to_client') >= sent - lost);
      assert.match(server.log, /allocation ended.*transport=tls/);
    }));

  it('over IPv6, between IPv6 addresses', { timeout: 90_000 }, () =>
    withServer((port) => ['--listen', `[::1]:${port}`, ...kUserFlag], async (server) =>
      assertNothingLost(server, await uclient(server, ['-y', '-x'], { address: '::1' }))));

  it('with both families in one allocation, where it listens at both', { timeout: 90_000 }, () =>
    withServer((port) => ['--listen', `[::1]:${port}`, ...kUserFlag], async (server) =>
      assertDelivered(await uclient(server, ['-y', '-Z', '-c']))));

  it('with both families in one allocation, where both are said', { timeout: 90_000 }, () =>
    withServer(['--external-ip', '198.51.100.1', '--external-ip', '2001:db8::1', ...kUserFlag], async (server) =>
      // It refreshes one family, or the other, or both, as it throws its dice, and gives back as much: an
      // allocation may stay. Without a second family it would be refused with 443.
      assertDelivered(await uclient(server, ['-y', '-Z', '-c']))));

  it('with a credential that ends, of a shared secret', { timeout: 90_000 }, () =>
    withSecret('north', (file) =>
      withServer(['--turn-secret-file', file], async (server) =>
        assertNothingLost(server, await uclient(server, ['-y', '-W', 'north'], { login: ['-u', 'someone'] })))));
});

describe('turnutils_uclient, with a peer that has no relay', { concurrency: 6 }, () => {
  const peers = {
    'over UDP': [],
    'by Send indications': ['-s'],
    'over TCP': ['-t'],
    'with DONT-FRAGMENT': ['-g', '-l', 1200],
  };
  const ports = () => [...portRange().flags, '--turn-allow-peer', '127.0.0.1,::1'];
  for (const [name, args] of Object.entries(peers)) {
    it(name, { timeout: 90_000 }, () =>
      withServer([...ports(), ...kUserFlag], (server) =>
        withPeer('127.0.0.1', async (port) =>
          assertNothingLost(server, await uclient(server, ['-e', '127.0.0.1', '-r', port, ...args])))));
  }

  it('over IPv6', { timeout: 90_000 }, () =>
    withServer((port) => ['--listen', `[::1]:${port}`, ...ports(), ...kUserFlag], (server) =>
      withPeer('::1', async (port) =>
        assertNothingLost(server, await uclient(server, ['-x', '-e', '::1', '-r', port], { address: '::1' })))));

  it('not without --turn-allow-peer', { timeout: 90_000 }, () =>
    withServer(['--external-ip', '198.51.100.1', ...portRange().flags, ...kUserFlag], (server) =>
      withPeer('127.0.0.1', async (port) => {
        const { text } = await uclient(server, ['-e', '127.0.0.1', '-r', port]);
        assert.match(text, /error 403/);
        assert.equal(await server.metric('duet_turn_relayed_packets_total'), 0);
      })));
});

describe('turnutils_uclient, refused', { concurrency: true }, () => {
  const refused = {
    'TCP to peers (RFC 6062) is not offered': [['-T', '-t'], kLogin, 442],
    'a family that the relay has no address of': [['-y', '-x'], kLogin, 440],
  };
  for (const [name, [args, login, code]] of Object.entries(refused)) {
    it(name, { timeout: 60_000 }, () =>
      withServer(kUserFlag, async (server) => {
        const { text } = await uclient(server, args, { login, seconds: 15 });
        assert.match(text, new RegExp(`error ${code} `));
        assert.equal(await server.metric('duet_turn_allocations_total'), 0);
      }));
  }

  for (const [name, user] of [['a wrong password', 'alice'], ['an unknown name', 'mallory']]) {
    it(name, { timeout: 60_000 }, () =>
      withServer(kUserFlag, async (server) => {
        const { text } = await uclient(server, ['-y'], { login: ['-u', user, '-w', 'wrong'], seconds: 15 });
        assert.match(text, /Cannot complete Allocation/);
        assert.ok(await server.metric('duet_turn_auth_failures_total') > 0);
        assert.equal(await server.metric('duet_turn_allocations_total'), 0);
      }));
  }

  it('requests with flipped bits do no harm to others', { timeout: 90_000 }, () =>
    withServer(kUserFlag, async (server) => {
      // What it makes is random, and it waits without end for answers to what deserves none.
      const rubbish = Array.from({ length: 4 }, () => uclient(server, ['-y', '-R'], { seconds: 8 }));
      const { code, text } = await uclient(server, ['-y']);
      assert.equal(code, 0, text.slice(-2000));
      assert.equal(tally(text).lost, 0);
      await Promise.all(rubbish);
      assert.ok(await server.metric('duet_turn_denied_total') > 0);
    }));
});

describe('STUN tools', { concurrency: true }, () => {
  const twoAddresses = (port) => ['--listen', `127.0.0.2:${port}`];

  it('turnutils_stunclient is told its address', () =>
    withServer([], async (server) => {
      const { code, text } = await run('turnutils_stunclient', ['-p', server.port, '127.0.0.1'], 10);
      assert.equal(code, 0);
      assert.match(text, /UDP reflexive addr: 127\.0\.0\.1:\d+/);
      assert.doesNotMatch(text, /RFC 5780/);
    }));

  it('turnutils_stunclient is answered from two addresses, and a fragmented question too (RFC 5780)', () =>
    withServer(twoAddresses, async (server) => {
      const { code, text } = await run('turnutils_stunclient', ['-p', server.port, '127.0.0.1'], 10);
      assert.equal(code, 0, text);
      assert.match(text, /RFC 5780 response 3/);
      assert.match(text, new RegExp(`Response origin: : 127\\.0\\.0\\.2:${server.port + 1}`));
    }));

  for (const padding of [[], ['-P']]) {
    it(`turnutils_natdiscovery ${padding} finds no NAT on this machine (RFC 5780)`, () =>
      withServer(twoAddresses, async (server) => {
        const ask = (...args) => run('turnutils_natdiscovery', [...args, ...padding, '-p', server.port, '127.0.0.1'], 20);
        const { text } = await ask('-m', '-f');
        assert.match(text, /Endpoint Independent Mapping/);
        assert.match(text, /Endpoint Independent Filtering/);
        assert.match((await ask('-H')).text, /successful hairpinning/);
        assert.match((await ask('-c', '-A', '127.0.0.3')).text, /RFC 5780 response 2/);
      }));
  }
});

// Debian's turnserver as it runs at many places, with `use-auth-secret`: Duet signs for it.
describe('a fleet of coturn servers', () => {
  let folder;
  const fleet = [];

  class Coturn {
    static async start(name) {
      const server = new Coturn();
      fleet.push(server);
      server.port = await freePort();
      server.tlsPort = await freePort();
      const { first, last } = portRange(40);
      server.file = join(folder, `${name}.log`);
      server.child = spawn('turnserver', [
        '-n', '-v', `--log-file=${server.file}`, '--simple-log', '--no-cli', '--use-auth-secret', '--static-auth-secret=north', '--realm=duet',
        '--allow-loopback-peers', '--listening-ip=127.0.0.1', `--listening-port=${server.port}`,
        `--tls-listening-port=${server.tlsPort}`, `--cert=${join(folder, 'cert.pem')}`, `--pkey=${join(folder, 'key.pem')}`,
        `--min-port=${first}`, `--max-port=${last}`, `--pidfile=${join(folder, name)}.pid`, `--userdb=${join(folder, name)}.db`,
      ], { stdio: 'ignore' });
      await until(() => {
        assert.equal(server.child.exitCode, null, server.log);
        return server.log.includes('Total General servers');
      }, `coturn ${name}`, 10_000);
    }

    get log() {
      return existsSync(this.file) ? readFileSync(this.file, 'utf8') : '';
    }

    get allocations() {
      return [...this.log.matchAll(/user <(\d+:[^>]+)>: incoming packet ALLOCATE processed, success/g)].map(([, user]) => user);
    }
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'duet-fleet-'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
      '-subj', '/CN=coturn', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
    { stdio: 'ignore' });
    for (const name of ['one', 'other']) await Coturn.start(name);
  });
  after(() => {
    for (const { child } of fleet) child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const urls = {
    UDP: ({ port }) => `turn:127.0.0.1:${port}?transport=udp`,
    TCP: ({ port }) => `turn:127.0.0.1:${port}?transport=tcp`,
    TLS: ({ tlsPort }) => `turns:127.0.0.1:${tlsPort}?transport=tcp`,
  };
  let ends = 0;
  for (const [transport, url] of Object.entries(urls)) {
    it(`carries a call over ${transport} with credentials that Duet issues`, { timeout: 60_000 }, () =>
      withSecret('north', (file) => {
        const servers = fleet.flatMap((server) => ['--ice-server', url(server)]);
        return withServer(['--turn', 'off', '--turn-secret-file', file, ...servers], async (server) => {
          const call = () => run(binary, ['call', `${server.url}/r/fleet`, '--relay-only', '--ca', join(folder, 'cert.pem'),
            '--video', 'pattern', '--audio', 'none', '--show', 'none', '--duration', '2s', '--expect', 'connected<10s,path=relay']);
          for (const { code, text } of await Promise.all([call(), call()])) assert.equal(code, 0, text);
          // One end calls as soon as it has one relayed address: it need not have had one of each server.
          const users = new Set(fleet.flatMap(({ allocations }) => allocations));
          assert.equal(users.size, (ends += 2), 'each end has a credential of its own');
        });
      }));
  }
});
