// SPDX-License-Identifier: MIT
// `duet serve --conformance`, the fixture that the published protocol suites are run against: its
// handlers, its short times, and what those suites hang on, told in our own way. Both protocols of
// Engine.IO are open at once. Started by ../nat/enter.mjs, since the port is always 3000.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import WebSocket from 'ws';

import { get, Server } from './server.mjs';

const kOrigin = 'localhost:3000';
const kRecord = '\x1e';

let server;
before(async () => {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  server = await Server.start([], { isFixture: true });
});
after(() => server?.stop());

/** Polling by hand, on one path with one version. */
class Polling {
  constructor(query, path = '/engine.io/') {
    this.url = `http://${kOrigin}${path}?${query}&transport=polling`;
  }

  async open() {
    const { text } = await get(this.url);
    this.handshake = JSON.parse(text.slice(text.indexOf('{')));
    this.url += `&sid=${this.handshake.sid}`;
    return this;
  }

  poll(options) {
    return get(this.url, options);
  }

  post(body) {
    return get(this.url, { method: 'POST', headers: { 'content-type': 'text/plain;charset=UTF-8' }, body });
  }
}

const engine = (version) => new Polling(`EIO=${version}`).open();

/** A WebSocket whose messages are taken one after another; `closed` once it is. */
async function socket(query, path = '/engine.io/') {
  const ws = new WebSocket(`ws://${kOrigin}${path}?${query}&transport=websocket`, { perMessageDeflate: false });
  const messages = [];
  const waiting = [];
  ws.on('message', (data, isBinary) => {
    const message = isBinary ? data : data.toString();
    if (waiting.length > 0) waiting.shift()(message);
    else messages.push(message);
  });
  ws.on('error', () => {});
  ws.closed = new Promise((resolve) => ws.on('close', () => resolve('closed')));
  ws.next = () => (messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve)));
  await Promise.race([new Promise((resolve) => ws.on('open', resolve)), ws.closed]);
  return ws;
}

/** The same with Socket.IO on it, in the main namespace. */
async function enter(auth = '') {
  const ws = await socket('EIO=4', '/socket.io/');
  await ws.next();
  ws.send(`40${auth}`);
  return ws;
}

const soon = (ws) => Promise.race([ws.closed, sleep(250, 'open')]);

for (const version of [3, 4]) {
  describe(`Engine.IO ${version}`, () => {
    it('opens a session by either transport', async () => {
      const keys = ['sid', 'upgrades', 'pingInterval', 'pingTimeout', ...(version === 4 ? ['maxPayload'] : [])];
      const { handshake } = await engine(version);
      for (const key of keys) assert.ok(key in handshake, key);
      assert.deepEqual([handshake.upgrades, handshake.pingInterval, handshake.pingTimeout], [['websocket'], 300, 200]);
      const ws = await socket(`EIO=${version}`);
      const first = await ws.next();
      assert.equal(first[0], '0');
      assert.deepEqual(JSON.parse(first.slice(1)).upgrades, []);
      ws.close();
    });

    it('echoes text and bytes', async () => {
      const ws = await socket(`EIO=${version}`);
      await ws.next();
      ws.send('4hällo');
      assert.equal(await ws.next(), '4hällo');
      const bytes = Buffer.from(version === 3 ? [4, 1, 2, 3] : [1, 2, 3]);
      ws.send(bytes);
      assert.deepEqual(await ws.next(), bytes);
      ws.close();
    });

    it('closes a session whose poll is aborted, before the next poll is answered', async () => {
      const polling = await engine(version);
      const cut = AbortSignal.timeout(150); // it has been sent by then, and no ping ends it yet
      await assert.rejects(polling.poll({ signal: cut }));
      assert.equal((await polling.poll()).status, 400);
    });

    it('closes at two polls at once', async () => {
      const polling = await engine(version);
      const [first, second] = await Promise.all([polling.poll(), sleep(20).then(() => polling.poll())]);
      assert.deepEqual([first.status, first.text], [200, version === 3 ? '1:1' : '1']);
      assert.equal(second.status, 400);
      assert.equal((await polling.poll()).status, 400);
    });

    it('moves to a WebSocket, which then is the only one', async () => {
      const polling = await engine(version);
      const ws = await socket(`EIO=${version}&sid=${polling.handshake.sid}`);
      ws.send('2probe');
      assert.equal(await ws.next(), '3probe');
      assert.equal((await polling.poll()).text, version === 3 ? '1:6' : '6');
      ws.send('5');
      ws.send('4there');
      assert.equal(await ws.next(), '4there');
      assert.equal((await polling.poll()).status, 400);
      const second = await socket(`EIO=${version}&sid=${polling.handshake.sid}`);
      assert.equal(await soon(second), 'closed');
      ws.send('4still');
      assert.equal(await ws.next(), '4still');
      ws.close();
    });
  });
}

describe('Engine.IO 3 alone', () => {
  it('counts UTF-16 units, and answers pings', async () => {
    const polling = await engine(3);
    assert.equal((await polling.post('7:4a😀b€2:2')).status, 400, 'a length that is not that of the packet');
    const other = await engine(3);
    assert.equal((await other.post('6:4a😀b€2:4c')).text, 'ok');
    assert.equal((await other.poll()).text, '6:4a😀b€2:4c');
    assert.equal((await other.post('1:2')).text, 'ok');
    assert.equal((await other.poll()).text, '1:3');
  });
});

describe('Engine.IO 4 alone', () => {
  it('answers what is wrong with 400 and a code', async () => {
    const cases = [
      [`http://${kOrigin}/engine.io/?EIO=4&transport=pigeon`, {}, 0],
      [`http://${kOrigin}/engine.io/?EIO=4&transport=polling&sid=nobody`, {}, 1],
      [`http://${kOrigin}/engine.io/?EIO=4&transport=polling`, { method: 'POST' }, 2],
      [`http://${kOrigin}/engine.io/?EIO=4&transport=polling`, { method: 'PUT' }, 2],
      [`http://${kOrigin}/engine.io/?transport=polling`, {}, 5],
      [`http://${kOrigin}/engine.io/?EIO=abc&transport=polling`, {}, 5],
    ];
    for (const [url, options, code] of cases) {
      const { status, text } = await get(url, options);
      assert.equal(status, 400, url);
      assert.equal(JSON.parse(text).code, code, url);
    }
  });

  it('brings what came together in one poll, in order', async () => {
    const polling = await engine(4);
    const packets = ['4one', 'bAQID', '4two'].join(kRecord);
    assert.equal((await polling.post(packets)).text, 'ok');
    assert.equal((await polling.poll()).text, packets);
  });

  it('closes at a packet that is none', async () => {
    const polling = await engine(4);
    assert.equal((await polling.post('abc')).status, 400);
    assert.equal((await polling.poll()).status, 400);
  });

  it('answers the poll that waits when the client ends it', async () => {
    const polling = await engine(4);
    const waiting = polling.poll();
    await sleep(20);
    assert.equal((await polling.post('1')).text, 'ok');
    assert.equal((await waiting).text, '6');
    assert.equal((await polling.poll()).status, 400);
  });

  it('pings every 300 ms, and is gone 500 ms after the handshake if nobody answers', async () => {
    const polling = await engine(4);
    for (let i = 0; i < 3; ++i) {
      assert.equal((await polling.poll()).text, '2');
      assert.equal((await polling.post('3')).text, 'ok');
    }
    const silent = await engine(4);
    await sleep(500);
    assert.equal((await silent.poll()).status, 400);
  });
});

describe('Socket.IO 5', () => {
  it('tells each namespace what it was given', async () => {
    const ws = await enter('{"token":"abc"}');
    assert.match(await ws.next(), /^40\{"sid":"[^"]+"\}$/);
    assert.equal(await ws.next(), '42["auth",{"token":"abc"}]');
    ws.send('40/custom,');
    assert.match(await ws.next(), /^40\/custom,\{"sid":"[^"]+"\}$/);
    assert.equal(await ws.next(), '42/custom,["auth",{}]');
    ws.send('40/random');
    assert.equal(await ws.next(), '44/random,{"message":"Invalid namespace"}');
    ws.send('41/custom');
    ws.send('42["message","still"]');
    assert.equal(await ws.next(), '42["message-back","still"]');
    ws.send('41');
    assert.equal(await ws.next(), '2', 'no answer, and the connection stays');
    ws.close();
  });

  it('sends back what it gets, with attachments and acknowledgements', async () => {
    const ws = await enter();
    await ws.next();
    await ws.next();
    const text = '1,"2",{"3":[true]}';
    ws.send(`42["message",${text}]`);
    assert.equal(await ws.next(), `42["message-back",${text}]`);
    ws.send(`42456["message-with-ack",${text}]`);
    assert.equal(await ws.next(), `43456[${text}]`);
    const places = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
    const parts = [Buffer.from([1, 2, 3]), Buffer.from([4, 5])];
    for (const [sent, back] of [
      [`452-["message",${places}]`, `452-["message-back",${places}]`],
      [`452-789["message-with-ack",${places}]`, `462-789[${places}]`],
    ]) {
      for (const part of [sent, ...parts]) ws.send(part);
      for (const part of [back, ...parts]) assert.deepEqual(await ws.next(), part);
    }
    ws.close();
  });

  it('ends who breaks its rules, or says nothing for a second', async () => {
    for (const wrong of ['4abc', '42{}', '42abc["message-with-ack",1]']) {
      const ws = await enter();
      ws.send(wrong);
      assert.equal(await soon(ws), 'closed', wrong);
    }
    const ws = await socket('EIO=4', '/socket.io/');
    ws.on('message', (data) => String(data) === '2' && ws.send('3'));
    const start = performance.now();
    await ws.closed;
    const took = performance.now() - start;
    assert.ok(took > 900 && took < 2000, `${took} ms`);
  });
});
