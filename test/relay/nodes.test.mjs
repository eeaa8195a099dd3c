// SPDX-License-Identifier: MIT
// One port for everything, a second node beside it, and how either ends.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import https from 'node:https';
import net from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';

import { get, until } from '../clients/server.mjs';
import { kUserFlag, withClients } from './client.mjs';
import { withSecret, withServer } from './server.mjs';
import * as stun from './stun.mjs';

/** Takes a seat as any Socket.IO client does, by polling. @returns what `ice servers` says; undefined if it does not come */
async function iceServers(server) {
  const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await get(url)).text.slice(1));
  const post = (body) => get(`${url}&sid=${sid}`, { method: 'POST', body });
  await post('40');
  await post('42["create or join","relayed"]');
  for (let text = ''; ; ) {
    ({ text } = await get(`${url}&sid=${sid}`));
    const events = text.split('\x1e').filter((packet) => packet.startsWith('42')).map((packet) => JSON.parse(packet.slice(2)));
    const told = events.find(([name]) => name === 'ice servers');
    if (told) return told[1];
    if (events.some(([name]) => name === 'created')) return undefined;
  }
}

describe('one port', () => {
  it('has HTTP and TURN, plain and inside TLS, and both over UDP', () =>
    withServer(kUserFlag, (server) =>
      withClients(async (open) => {
        const clients = await Promise.all(['tcp', 'tls', 'udp'].map((transport) => open(transport, server.port)));
        const secure = { agent: new https.Agent({ rejectUnauthorized: false }) };
        assert.equal((await get(`https://localhost:${server.port}/readyz`, secure)).text, 'ready\n');
        assert.equal((await get(`${server.url}/readyz`)).text, 'ready\n');
        for (const client of clients) assert.equal((await client.allocate()).code, 0);
        for (const [index, transport] of ['tcp', 'tls', 'udp'].entries()) {
          assert.equal(await server.metric(`duet_turn_allocations{transport="${transport}"}`), 1);
          await clients[index].bind(0x4000, clients[(index + 1) % 3].relayed[0]);
          await clients[index].permit(clients[(index + 2) % 3].relayed[0]);
        }
        for (const client of clients) client.sendChannel(0x4000, 'around');
        for (const client of clients) assert.equal((await client.hear()).text, 'around');
        // What a connection began with it goes on with: HTTP after STUN gets no page.
        for (const client of clients.slice(0, 2)) {
          client.send(Buffer.from('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n'));
          assert.equal(await client.take(() => true, 100), undefined);
        }
      })));

  for (const transport of ['udp', 'tcp', 'tls']) {
    it(`signs with SHA-256 for who asks so, and knows names by their hash, over ${transport}`, () =>
      withServer(kUserFlag, (server) =>
        withClients(async (open) => {
          const client = await open(transport, server.port, { sha256: true });
          const answer = await client.allocate();
          assert.equal(answer.code, 0);
          assert.ok(stun.isSigned(answer.bytes, client.signature.key, 'sha256'));
          assert.equal(await client.bind(0x4000, client.relayed[0]), 0);
          client.sendChannel(0x4000, 'to myself');
          assert.equal((await client.hear()).text, 'to myself');
          // Who takes the better algorithm out of the offer is found out (RFC 8489 §9.2.4).
          const offer = client.algorithms;
          client.algorithms = Buffer.from([0, 1, 0, 0]);
          assert.equal((await client.refresh(600)).code, 400);
          client.algorithms = offer;
          client.credential = { username: 'alice', password: 'wrong' };
          assert.equal((await client.refresh(600)).code, 401);
        })));
  }

  it('has nothing but the page with --turn off', () =>
    withServer(['--turn', 'off', '--ice-server', 'stun:stun.example.org'], async (server) => {
      const heard = [];
      const socket = dgram.createSocket('udp4').on('message', (data) => heard.push(data)).on('error', () => {});
      const requests = [
        stun.message(stun.klass.request, stun.method.binding),
        stun.message(stun.klass.request, stun.method.allocate, [stun.udpTransport]),
      ];
      for (const bytes of requests) {
        socket.send(bytes, server.port, '127.0.0.1');
        for (const transport of [net, tls]) {
          const stream = transport.connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
          stream.on('error', () => {}).on('data', (data) => heard.push(data)).write(bytes);
          await until(() => stream.destroyed, 'the end of what is no HTTP').finally(() => stream.destroy());
        }
      }
      await sleep(100); // for what would come over UDP
      socket.close();
      assert.deepEqual(heard.filter((data) => stun.parse(data)), []);
      assert.deepEqual(await iceServers(server), [{ urls: ['stun:stun.example.org:3478'] }]);
    }));

  it('says what does nothing with --turn off, and where nobody reaches the relay', async () => {
    const says = (flags, sentence) => withServer(flags, async (server) => assert.ok(server.log.includes(sentence), server.log));
    await says(['--turn', 'off', '--relay-ports', '50000-50009', '--turn-user', 'a:b'], 'note: the relay is off, so these do nothing: --relay-ports, --turn-user');
    await says(['--behind-proxy'], 'warning: the relay listens on loopback alone');
    await says(['--behind-proxy', '--external-ip', 'auto'], 'warning: --external-ip auto learns from the address that people open the page by, which a proxy hides');
    await withServer(
      ['--external-ip', 'auto', '--turn-user', 'a:b'],
      async (server) => assert.match(server.log, /warning: --external-ip auto .* a relay alone has none/),
      { command: 'turn' },
    );
    for (const flags of [['--turn', 'off'], ['--external-ip', 'auto'], ['--behind-proxy', '--turn', 'off'], []]) {
      await withServer(flags, async (server) => assert.doesNotMatch(server.log, /note:|warning:/));
    }
  });

  it('tells of no server with --turn off and no --ice-server', () =>
    withServer(['--turn', 'off'], async (server) => assert.equal(await iceServers(server), undefined)));
});

describe('a second node', () => {
  it('takes the credentials that the first one tells, and is told of', () =>
    withSecret('north', (file) =>
      withServer(['--turn-secret-file', file], (node) => {
        const url = `turn:127.0.0.1:${node.port}?transport=udp`;
        return withServer(['--turn-secret-file', file, '--ice-server', url], (page) =>
          withClients(async (open) => {
            const [own, further] = await iceServers(page);
            assert.ok(own.urls.includes(`turn:127.0.0.1:${page.port}?transport=udp`), own.urls);
            assert.deepEqual(further.urls, [url]);
            const credential = { username: further.username, password: further.credential };
            assert.match(credential.username, /^\d+:\S+$/);
            for (const [server, transport] of [[node, 'udp'], [node, 'tls'], [page, 'udp']]) {
              const client = await open(transport, server.port, { credential });
              assert.equal((await client.allocate()).code, 0);
            }
            const forged = await open('udp', node.port, { credential: { ...credential, username: `9${credential.username}` } });
            assert.equal((await forged.allocate()).code, 401);
          }));
      }, { command: 'turn' })));

  it('takes the next secret of the file while the first one is replaced', () =>
    withSecret('south\nnorth', (both) =>
      withSecret('north', (old) =>
        withServer(['--turn-secret-file', both], (node) =>
          withServer(['--turn-secret-file', old], (page) =>
            withClients(async (open) => {
              const [{ username, credential }] = await iceServers(page);
              const client = await open('udp', node.port, { credential: { username, password: credential } });
              assert.equal((await client.allocate()).code, 0);
            })), { command: 'turn' }))));
});

describe('the end', { concurrency: true }, () => {
  /** @returns {code, ms} */
  async function terminate(server, meanwhile) {
    server.expectExit = true;
    const start = performance.now();
    server.child.kill('SIGTERM');
    await meanwhile?.();
    const { code } = await server.exited;
    return { code, ms: performance.now() - start };
  }

  for (const command of ['turn', 'serve']) {
    it(`duet ${command} ends with 0 after --drain, whoever is still relayed`, { timeout: 20_000 }, () =>
      withServer(['--drain', '2s', ...kUserFlag], (server) =>
        withClients(async (open) => {
          const clients = [await open('udp', server.port), await open('tls', server.port)];
          for (const client of clients) await client.allocate();
          const [one, other] = clients;
          const { code, ms } = await terminate(server, async () => {
            // Who is relayed stays so for that long.
            await one.bind(0x4000, other.relayed[0]);
            await other.permit(one.relayed[0]);
            one.sendChannel(0x4000, 'still here');
            assert.equal((await other.hear()).text, 'still here');
          });
          assert.equal(code, 0);
          assert.match(server.log, /^duet: stopping within 2s: still (connected 0, )?on the relay 2\./m);
          assert.ok(ms >= 1_900 && ms < 6_000, `${ms} ms`);
        }), { command }));

    it(`duet ${command} ends with 0 at once when the last allocation is given back`, { timeout: 20_000 }, () =>
      withServer(['--drain', '15s', ...kUserFlag], (server) =>
        withClients(async (open) => {
          const client = await open('udp', server.port);
          await client.allocate();
          const { code, ms } = await terminate(server, () => client.refresh(0));
          assert.equal(code, 0);
          assert.ok(ms < 4_000, `${ms} ms`);
        }), { command }));
  }

  it('duet turn takes nobody new meanwhile (508)', { timeout: 20_000 }, () =>
    withServer(['--drain', '15s', ...kUserFlag], (server) =>
      withClients(async (open) => {
        const [client, late] = [await open('udp', server.port), await open('udp', server.port)];
        await client.allocate();
        const { code } = await terminate(server, async () => {
          await until(async () => (await get(`${server.url}/readyz`)).status === 503, 'draining');
          assert.equal((await late.allocate()).code, 508);
          assert.equal(await server.metric('duet_turn_denied_total{reason="draining"}'), 1);
          assert.equal((await client.refresh(600)).code, 0);
          await client.refresh(0);
        });
        assert.equal(code, 0);
      }), { command: 'turn' }));
});
