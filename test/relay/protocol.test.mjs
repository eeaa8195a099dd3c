// SPDX-License-Identifier: MIT
// Allocations from outside: who talks to whom, how large answers are, what is full when, what is left.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { after, before, describe, it } from 'node:test';

import { Server, freePort, until } from '../clients/server.mjs';
import { kUserFlag, withClients } from './client.mjs';
import { portRange, withServer } from './server.mjs';
import * as stun from './stun.mjs';

const ask = (attributes = []) => stun.message(stun.klass.request, stun.method.allocate, [stun.udpTransport, ...attributes]);

describe('a relay in memory', () => {
  let server;
  before(async () => {
    server = await Server.start((port) => ['--listen', `[::1]:${port}`, ...kUserFlag]);
  });
  after(() => server.stop());

  for (const [one, other] of [['udp', 'udp'], ['udp', 'tcp'], ['tcp', 'tls'], ['tls', 'udp']]) {
    it(`carries between clients over ${one} and ${other}, by channel and by indication`, () =>
      withClients(async (open) => {
        const [alice, bob] = [await open(one, server.port), await open(other, server.port)];
        for (const client of [alice, bob]) assert.equal((await client.allocate()).code, 0);
        const [[a], [b]] = [alice.relayed, bob.relayed];
        assert.equal(await alice.bind(0x4000, b), 0);
        assert.equal(await bob.permit(a), 0);
        alice.sendChannel(0x4000, 'hello'); // 5 bytes: padded over a stream
        assert.deepEqual(await bob.hear(), { from: a, text: 'hello' });
        bob.sendTo(a, 'and back');
        assert.deepEqual(await alice.hear(), { channel: 0x4000, text: 'and back' });
        assert.equal(await bob.bind(0x7fff, a), 0); // RFC 5766 had numbers up to this
        alice.sendTo(b, 'x');
        assert.deepEqual(await bob.hear(), { channel: 0x7fff, text: 'x' });
      }));
  }

  it('needs the permission of both', () =>
    withClients(async (open) => {
      const [alice, bob] = [await open('udp', server.port), await open('udp', server.port)];
      for (const client of [alice, bob]) await client.allocate();
      await alice.permit(bob.relayed[0]);
      alice.sendTo(bob.relayed[0], 'nobody asked');
      assert.equal(await bob.hear(300), undefined);
    }));

  it('refuses every other peer with 403, so that ICE gives the pair up', () =>
    withClients(async (open) => {
      const alice = await open('udp', server.port);
      await alice.allocate();
      assert.equal(await alice.permit({ address: '8.8.8.8', port: 53 }), 403);
      assert.equal(await alice.bind(0x4000, { address: '8.8.8.8', port: 53 }), 403);
    }));

  it('leaves nothing after a refresh by zero', () =>
    withClients(async (open) => {
      const now = () => server.metric('duet_turn_allocations');
      const before = await now();
      const [alice, bob] = [await open('udp', server.port), await open('udp', server.port)];
      for (const client of [alice, bob]) await client.allocate();
      await alice.bind(0x4000, bob.relayed[0]);
      await bob.permit(alice.relayed[0]);
      assert.equal(await now(), before + 2);
      assert.equal((await alice.refresh(0)).code, 0);
      assert.equal(await now(), before + 1);
      alice.sendChannel(0x4000, 'gone');
      assert.equal(await bob.hear(300), undefined);
      bob.sendTo(alice.relayed[0], 'gone');
      assert.equal(await alice.hear(300), undefined);
      assert.equal(await alice.permit(bob.relayed[0]), 437);
      assert.equal((await alice.allocate()).code, 0, 'the same socket may begin anew');
    }));

  it('answers a first request in at most 120 bytes', () =>
    withClients(async (open) => {
      for (const host of ['127.0.0.1', '::1']) {
        const client = await open('udp', server.port, { host });
        const challenge = await client.answer(ask());
        assert.equal(challenge.code, 401);
        assert.ok(challenge.size <= 120, `${challenge.size} bytes`);
        client.realm = challenge.find(stun.attribute.realm).toString();
        client.nonce = Buffer.from('obMatJos2wAAAstale');
        const stale = await client.request(stun.method.allocate, [stun.udpTransport]);
        assert.equal(stale.code, 438);
        assert.ok(stale.size <= 120, `${stale.size} bytes`);
      }
    }));

  it('answers a Binding request of 20 bytes with 32 over IPv4, and 44 over IPv6', () =>
    withClients(async (open) => {
      for (const [host, size] of [['127.0.0.1', 32], ['::1', 44]]) {
        const client = await open('udp', server.port, { host });
        const answer = await client.ask(stun.method.binding);
        assert.equal(answer.size, size);
        const mapped = stun.parseXorAddress(answer.find(stun.attribute.mapped), answer.id);
        assert.equal(mapped.port, client.socket.address().port);
      }
    }));

  it('answers what it cannot do as the RFC says', () =>
    withClients(async (open) => {
      const client = await open('udp', server.port);
      const allocate = (...attributes) => client.request(stun.method.allocate, attributes).then(({ code }) => code);
      await client.learn();
      assert.equal(await allocate([stun.attribute.transport, stun.u32(6 << 24)]), 442);
      assert.equal(await allocate(), 400);
      assert.equal(await allocate(stun.udpTransport, [stun.attribute.family, stun.u32(9 << 24)]), 440);
      assert.equal(await allocate(stun.udpTransport, [stun.attribute.token, Buffer.alloc(8, 1)]), 508);
      assert.equal(await allocate(stun.udpTransport, [0x7abc, 'what?']), 420);
      assert.equal(await client.permit({ address: '127.0.0.1', port: 1 }), 437);
      assert.equal(await allocate(stun.udpTransport), 0);
      assert.equal(await allocate(stun.udpTransport), 437);
      client.credential = { username: 'alice', password: 'wrong' };
      assert.equal((await client.refresh(600)).code, 401);
    }));

  it('takes a stranger’s credential for no allocation of another (441)', () =>
    withServer([...kUserFlag, '--turn-user', 'bob:builder'], (two) =>
      withClients(async (open) => {
        const client = await open('udp', two.port);
        await client.allocate();
        client.credential = { username: 'bob', password: 'builder' };
        assert.equal((await client.refresh(0)).code, 441);
      })));
});

describe('bounds', { concurrency: true }, () => {
  it('one allocation has 128 permissions and 128 channels, then 508', () =>
    withServer(['--turn-allow-peer', '8.0.0.0/8', ...portRange().flags, ...kUserFlag], (server) =>
      withClients(async (open) => {
        const client = await open('tcp', server.port);
        await client.allocate();
        const one = (index) => ({ address: `8.8.${index >> 8}.${index & 255}`, port: 9 });
        for (let index = 0; index < 128; index += 1) assert.equal(await client.bind(0x4000 + index, one(index)), 0);
        assert.equal(await client.bind(0x4080, one(128)), 508);
        assert.equal(await client.permit(one(128)), 508);
        assert.equal(await client.permit(one(127)), 0, 'what is there can be kept');
      })));

  it('--limits off lifts no bound inside an allocation', () =>
    withServer(['--limits', 'off', '--turn-allow-peer', '8.0.0.0/8', ...portRange().flags, ...kUserFlag], (server) =>
      withClients(async (open) => {
        const client = await open('tcp', server.port);
        await client.allocate();
        const all = (first, count) => Array.from({ length: count }, (_, index) => ({ address: `8.8.8.${first + index}`, port: 9 }));
        assert.equal(await client.permit(...all(0, 100)), 0);
        assert.equal(await client.permit(...all(100, 100)), 508);
      })));

  it('a user has 64 allocations, then 486, and one more when one is given back', () =>
    withServer(kUserFlag, (server) =>
      withClients(async (open) => {
        const clients = [];
        for (let index = 0; index < 65; index += 1) clients.push(await open('udp', server.port));
        const codes = [];
        for (const client of clients) codes.push((await client.allocate()).code);
        assert.deepEqual(codes, [...Array(64).fill(0), 486]);
        await clients[0].refresh(0);
        assert.equal((await clients[64].allocate()).code, 0);
        assert.equal(await server.metric('duet_turn_denied_total{reason="user_quota"}'), 1);
      })));

  it('a port that another program has is skipped; when none is left, 508; one that is given back is free', () => {
    const { first, last, flags } = portRange(4);
    return withServer([...flags, ...kUserFlag], (server) =>
      withClients(async (open) => {
        const others = await Promise.all([first, first + 1].map((port) => bound(port)));
        const clients = [];
        for (let index = 0; index < 3; index += 1) clients.push(await open('udp', server.port));
        const codes = [];
        for (const client of clients) codes.push((await client.allocate()).code);
        assert.deepEqual(codes, [0, 0, 508]);
        const ports = clients.slice(0, 2).map((client) => client.relayed[0].port);
        assert.deepEqual(ports.sort(), [last - 1, last]);
        await clients[0].refresh(0);
        (await bound(clients[0].relayed[0].port)).close(); // its socket is closed
        assert.equal((await clients[2].allocate()).code, 0);
        for (const other of others) other.close();
      }));
  });

  it('EVEN-PORT reserves the next one for who has the token', () =>
    withServer([...portRange().flags, ...kUserFlag], (server) =>
      withClients(async (open) => {
        const [alice, again] = [await open('udp', server.port), await open('udp', server.port)];
        const answer = await alice.allocate([[stun.attribute.evenPort, [0x80]]]);
        assert.equal(answer.code, 0);
        assert.equal(alice.relayed[0].port % 2, 0);
        const token = answer.find(stun.attribute.token);
        assert.equal((await again.allocate([[stun.attribute.token, token]])).code, 0);
        assert.equal(again.relayed[0].port, alice.relayed[0].port + 1);
      })));

  it('answers come from where it was asked, be there an address of which there are two or not (RFC 5780)', () =>
    withServer((port) => [2, 3].map((last) => ['--listen', `127.0.0.${last}:${port}`]).concat([['--listen', `[::1]:${port}`]]).flat(), (server) =>
      withClients(async (open) => {
        for (const [host, size] of [['127.0.0.1', 68], ['127.0.0.2', 68], ['127.0.0.3', 32], ['::1', 44]]) {
          const client = await open('udp', server.port, { host });
          assert.equal((await client.ask(stun.method.binding))?.size, size, host);
        }
      })));

  it('what the network says of a peer is told (RFC 8656 §11.5)', () =>
    withServer(['--turn-allow-peer', '127.0.0.1', ...portRange().flags, ...kUserFlag], (server) =>
      withClients(async (open) => {
        const client = await open('tcp', server.port);
        await client.allocate();
        const nobody = { address: '127.0.0.1', port: await freePort() };
        assert.equal(await client.permit(nobody), 0);
        client.sendTo(nobody, 'anybody?');
        const told = stun.parse(await client.take((one) => stun.parse(one)?.method === stun.method.data));
        assert.deepEqual(stun.parseXorAddress(told.find(stun.attribute.peer), told.id), nobody);
        assert.deepEqual([...told.find(stun.attribute.icmp)], [0, 0, 3, 3, 0, 0, 0, 0]);
      })));

  it('both families come in one allocation', () =>
    withServer(['--external-ip', '198.51.100.1', '--external-ip', '2001:db8::1', ...kUserFlag], (server) =>
      withClients(async (open) => {
        const client = await open('udp', server.port);
        assert.equal((await client.allocate([[stun.attribute.additionalFamily, stun.u32(2 << 24)]])).code, 0);
        assert.deepEqual(client.relayed.map(({ address }) => address), ['198.51.100.1', '2001:db8:0:0:0:0:0:1']);
      })));

  it('payloads of 1 byte, 1400 and none arrive as they are', () =>
    withServer(kUserFlag, (server) =>
      withClients(async (open) => {
        const [alice, bob] = [await open('udp', server.port), await open('tls', server.port)];
        for (const client of [alice, bob]) await client.allocate();
        await alice.bind(0x4001, bob.relayed[0]);
        await bob.bind(0x4002, alice.relayed[0]);
        for (const text of ['1', 'm'.repeat(1400), '']) {
          alice.sendChannel(0x4001, text);
          assert.deepEqual(await bob.hear(), { channel: 0x4002, text });
        }
      })));
});

async function bound(port) {
  const socket = dgram.createSocket('udp4');
  await until(() => new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  }), `port ${port}`, 1000);
  return socket;
}
