// SPDX-License-Identifier: MIT
// HTTP/1.1, TLS and CORS on the one port, the endpoints for operators, and the way the server ends.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';

import WebSocket from 'ws';

import { Client } from './clients.mjs';
import { Raw, statuses, talk } from './raw.mjs';
import { binary, freePort, get, Server, until } from './server.mjs';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server.stop());

const handshake = () => `${server.url}/socket.io/?EIO=4&transport=polling`;

describe('the page and the client library', () => {
  it('is compressed, validated by ETag, and guarded by its headers', async () => {
    const page = await get(`${server.url}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.headers['content-security-policy'], /default-src 'self'/);
    assert.match(page.headers['permissions-policy'], /camera/);
    assert.equal(page.headers['set-cookie'], undefined);
    const again = await get(`${server.url}/`, { headers: { 'if-none-match': page.headers.etag } });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    const small = await get(`${server.url}/`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(small.headers['content-encoding'], 'gzip');
    const head = await get(`${server.url}/`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    assert.equal(Number(head.headers['content-length']), page.body.length);
  });

  it('is the npm client at /socket.io/socket.io.js, with its map', async () => {
    const script = await get(`${server.url}/socket.io/socket.io.js`);
    assert.equal(script.status, 200);
    assert.match(script.headers['content-type'], /javascript/);
    assert.match(script.text, /Socket\.IO v4/);
    assert.equal((await get(`${server.url}/socket.io/socket.io.js.map`)).status, 200);
  });

  it('answers what is not there with 404', async () => {
    for (const target of ['/nothing.js', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
      const { text } = await talk(server.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.ok([400, 404].includes(statuses(text)[0]), text.slice(0, 80));
    }
  });
});

describe('HTTP/1.1', () => {
  const request = (target, more = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

  it('keeps a connection, and answers a pipeline in order', async () => {
    const { text } = await talk(server.port, [
      request('/healthz') + request('/nothing') + request('/healthz'),
      request('/socket.io/?EIO=4', 'Connection: close\r\n'),
    ]);
    assert.deepEqual(statuses(text), [200, 404, 200, 400]);
  });

  it('splits at any byte', async () => {
    const bytes = request('/healthz', 'Connection: close\r\n');
    const socket = net.connect(server.port, '127.0.0.1');
    socket.setNoDelay(true);
    let text = '';
    socket.on('data', (data) => (text += data));
    for (const byte of bytes) {
      socket.write(byte);
      await sleep(1);
    }
    await until(() => statuses(text)[0] === 200, 'an answer');
    socket.destroy();
  });

  const bad = [
    ['no request', 'NONSENSE\r\n\r\n', 400],
    ['a version there is not', 'GET / HTTP/9.9\r\n\r\n', 505],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nwhat\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['chunks that are none', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 400],
    ['a body beyond the limit', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n', 413],
    ['one header of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a request line of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['a flood of headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(100_000)}\r\n`, 431],
  ];
  for (const [title, bytes, status] of bad) {
    it(`${title}: ${status}, and the connection ends`, async () => {
      const { text, how } = await talk(server.port, bytes, { ms: 5000 });
      assert.equal(statuses(text)[0], status, text.slice(0, 100));
      assert.notEqual(how, 'open');
    });
  }

  it('reads headers of up to 16 KB', async () => {
    const { text } = await talk(server.port, request('/healthz', `X: ${'x'.repeat(15_000)}\r\nConnection: close\r\n`));
    assert.deepEqual(statuses(text), [200]);
  });

  it('cuts who sends nothing, half a request, half a body or half a TLS handshake, within 15 s', { timeout: 30_000 }, async () => {
    const start = performance.now();
    const slow = ['', 'GET / HT', 'GET / HTTP/1.1\r\nHost: x\r\n', 'POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc', Buffer.from([0x16, 3, 1])];
    const ends = await Promise.all(slow.map((bytes) => talk(server.port, [bytes], { ms: 20_000 })));
    for (const { how } of ends) assert.notEqual(how, 'open');
    const took = performance.now() - start;
    assert.ok(took > 10_000 && took < 18_000, `${took} ms`);
  });

  it('cuts who drips a request byte by byte', { timeout: 30_000 }, async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    let ended = false;
    socket.on('close', () => (ended = true)).on('error', () => {}).resume();
    socket.write('GET / HTTP/1.1\r\n');
    const drip = setInterval(() => socket.write('X'), 500);
    await until(() => ended, 'the end of it', 20_000);
    clearInterval(drip);
  });
});

describe('CORS', () => {
  for (const origin of ['https://elsewhere.example', 'null', 'http://localhost:9']) {
    it(`lets a page of ${origin} in, errors included`, async () => {
      for (const [target, status] of [[handshake(), 200], [`${server.url}/socket.io/?EIO=4&transport=no`, 400]]) {
        const answer = await get(target, { headers: { origin } });
        assert.equal(answer.status, status);
        assert.equal(answer.headers['access-control-allow-origin'], origin);
        assert.equal(answer.headers['access-control-allow-credentials'], 'true');
        assert.match(answer.headers.vary ?? '', /origin/i);
      }
      const asked = await get(handshake(), {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-own' },
      });
      assert.equal(asked.status, 204);
      assert.equal(asked.headers['access-control-allow-origin'], origin);
      assert.deepEqual(asked.headers['access-control-allow-methods'].split(/, ?/), ['GET', 'POST', 'OPTIONS']);
      assert.match(asked.headers['access-control-allow-headers'], /content-type, ?x-own/i);
      const raw = await Raw.open(server, undefined, { headers: { origin } });
      await raw.until((text) => text.startsWith('0{'));
      raw.drop();
    });
  }

  it('is narrowed by --allow-origin', async () => {
    const narrow = await Server.start(['--allow-origin', 'https://ours.example']);
    try {
      const target = `${narrow.url}/socket.io/?EIO=4&transport=polling`;
      const ours = await get(target, { headers: { origin: 'https://ours.example' } });
      assert.equal(ours.headers['access-control-allow-origin'], 'https://ours.example');
      const theirs = await get(target, { headers: { origin: 'https://theirs.example' } });
      assert.equal(theirs.headers['access-control-allow-origin'], undefined);
      const raw = await Raw.open(narrow, undefined, { headers: { origin: 'https://theirs.example' } });
      assert.ok((await raw.refusal).status >= 400);
      assert.equal((await get(target)).status, 200, 'who is no page names no origin');
    } finally {
      await narrow.stop();
    }
  });
});

describe('TLS on the same port', () => {
  const lax = { rejectUnauthorized: false };

  it('serves page, polling and WebSocket', async () => {
    const page = await new Promise((resolve, reject) =>
      https.get(`https://127.0.0.1:${server.port}/healthz`, { ...lax, agent: false }, (response) => resolve(response.resume())).on('error', reject),
    );
    assert.equal(page.statusCode, 200);
    const secure = { url: `https://127.0.0.1:${server.port}` };
    for (const transport of ['polling', 'websocket', 'upgrade']) {
      const client = await Client.connect(secure, { version: 4, transport, options: lax });
      client.emit('create or join', `tls ${transport}`);
      await client.take('created');
      client.close();
    }
  });

  it('speaks TLS 1.2 and 1.3 and nothing older, and agrees on http/1.1', async () => {
    const connect = (options) =>
      new Promise((resolve) => {
        const socket = tls.connect({ host: '127.0.0.1', port: server.port, ...lax, ...options }, () => {
          resolve({ protocol: socket.getProtocol(), alpn: socket.alpnProtocol });
          socket.destroy();
        });
        socket.on('error', (error) => resolve({ error }));
      });
    assert.equal((await connect({ maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
    assert.equal((await connect({})).protocol, 'TLSv1.3');
    assert.ok((await connect({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).error);
    assert.equal((await connect({ ALPNProtocols: ['h2', 'http/1.1'] })).alpn, 'http/1.1');
  });

  it('answers the end of TLS with an end of its own', async () => {
    let received = 0;
    const sockets = [];
    const relay = net.createServer((inner) => {
      const outer = net.connect(server.port, '127.0.0.1');
      inner.pipe(outer);
      outer.on('data', (data) => { // counted also when nobody is left to take it, as pipe() would not
        received += data.length;
        inner.write(data);
      });
      for (const socket of [inner, outer]) sockets.push(socket.on('error', () => {}));
    });
    await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const socket = tls.connect({ host: '127.0.0.1', port: relay.address().port, ...lax });
    let text = '';
    socket.on('data', (data) => (text += data));
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => text.endsWith('ok\n'), 'an answer');
    const before = received;
    socket.end();
    await until(() => received > before, 'a close_notify');
    relay.close();
    for (const one of [socket, ...sockets]) one.destroy(); // or a half that is open keeps the runner waiting
  });

  it('is where a page load from elsewhere is sent', async (context) => {
    const own = Object.values(os.networkInterfaces()).flat().find((address) => !address.internal && address.family === 'IPv4');
    if (!own) return context.skip('this machine has no address but loopback');
    const wide = await Server.start([], { host: '0.0.0.0' });
    try {
      const answer = await get(`http://${own.address}:${wide.port}/r/x?y`, { headers: { accept: 'text/html', host: `${own.address}:${wide.port}` } });
      assert.ok([301, 302, 307, 308].includes(answer.status), String(answer.status));
      assert.equal(answer.headers.location, `https://${own.address}:${wide.port}/r/x?y`);
    } finally {
      await wide.stop();
    }
  });
});

describe('certificates of the user', () => {
  it('are taken up when the files change, and connections that are there go on', { timeout: 30_000 }, async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'duet-cert-'));
    const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
    const make = (name) =>
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
    make('first');
    const own = await Server.start(['--cert', cert, '--key', key]);
    const connect = () =>
      new Promise((resolve, reject) => {
        const socket = tls.connect({ host: '127.0.0.1', port: own.port, rejectUnauthorized: false }, () => resolve(socket));
        socket.on('error', reject);
      });
    const subject = async () => {
      const socket = await connect();
      const name = socket.getPeerCertificate().subject.CN;
      socket.destroy();
      return name;
    };
    try {
      assert.equal(await subject(), 'first');
      const old = await connect();
      let text = '';
      old.on('data', (data) => (text += data));
      writeFileSync(cert, 'half a file');
      await sleep(6000); // it looks every 5 s
      assert.equal(await subject(), 'first', 'what is no certificate changes nothing');
      make('second');
      await until(async () => (await subject()) === 'second', 'the new certificate', 12_000);
      old.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await until(() => statuses(text)[0] === 200, 'an answer on the old connection');
      assert.equal(old.getPeerCertificate().subject.CN, 'first');
      old.destroy();
      assert.ok(!own.log.includes('PRIVATE KEY'));
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a certificate that has ended', () => {
  it('is told of at the start', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'duet-ended-'));
    const [cert, key, request] = ['cert.pem', 'key.pem', 'request.pem'].map((name) => path.join(folder, name));
    const openssl = (...words) => execFileSync('openssl', words, { stdio: 'ignore' });
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=old', '-keyout', key, '-out', request);
    openssl('x509', '-req', '-in', request, '-days', '-1', '-signkey', key, '-out', cert);
    const own = await Server.start(['--cert', cert, '--key', key, '-q']);
    try {
      assert.match(own.log, /ended on \d{4}-\d\d-\d\d/);
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('behind a proxy', () => {
  let own;
  before(async () => {
    own = await Server.start(['--behind-proxy']);
  });
  after(() => own.stop());

  const forwarded = (address, proto) => ({ 'x-forwarded-for': address, ...(proto && { 'x-forwarded-proto': proto }) });

  it('speaks plain HTTP, redirects nobody and leaves TLS to the proxy', async () => {
    for (const proto of ['http', 'https', undefined]) {
      const page = await get(`${own.url}/r/x`, { headers: forwarded('203.0.113.7', proto) });
      assert.equal(page.status, 200);
    }
    const { text, how } = await talk(own.port, [Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])]);
    assert.equal(text, '');
    assert.notEqual(how, 'open');
  });

  it('counts clients by the address that the proxy tells, and believes no other', async () => {
    const open = (address) => get(`${own.url}/socket.io/?EIO=4&transport=polling`, { headers: { 'x-forwarded-for': address } });
    const all = await Promise.all(Array(256).fill('203.0.113.7').map(open));
    assert.ok(all.every((answer) => answer.status === 200));
    assert.equal((await open('203.0.113.7')).status, 403);
    assert.equal((await open('198.51.100.1, 203.0.113.7')).status, 403, 'the left one is the client\'s own invention');
    assert.equal((await open(['198.51.100.1', '203.0.113.7'])).status, 403, 'in two headers as well');
    assert.equal((await open('203.0.113.8')).status, 200);
    assert.equal((await open('203.0.113.7, 10.0.0.1')).status, 403, 'through a second proxy');
  });

  it('has no limit per address where the proxy tells none', async () => {
    const open = () => get(`${own.url}/socket.io/?EIO=4&transport=polling`);
    const all = await Promise.all(Array(300).fill().map(open));
    assert.ok(all.every((answer) => answer.status === 200));
  });

  it('does not take who comes through the proxy for the machine\'s own', async () => {
    assert.equal((await get(`${own.url}/metrics`)).status, 200);
    assert.ok((await get(`${own.url}/metrics`, { headers: forwarded('203.0.113.7', 'https') })).status >= 400);
    assert.ok((await get(`${own.url}/metrics`, { headers: forwarded('127.0.0.1', 'https') })).status >= 400);
  });
});

describe('for operators', () => {
  it('tells health, readiness and numbers without names or addresses', async () => {
    const client = await Client.connect(server, { version: 4 });
    client.emit('create or join', 'a very private room');
    await client.take('created');
    assert.equal((await get(`${server.url}/healthz`)).status, 200);
    assert.equal((await get(`${server.url}/readyz`)).status, 200);
    const { text, headers } = await get(`${server.url}/metrics`);
    assert.match(headers['content-type'], /^text\/plain/);
    assert.match(text, /^# TYPE duet_\w+ (counter|gauge)$/m);
    assert.ok(!text.includes('private') && !/\d+\.\d+\.\d+\.\d+/.test(text));
    assert.ok(!server.log.includes('a very private room'));
    client.close();
  });

  it('serves a folder of the user instead of the page, and nothing outside it', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'duet-web-'));
    writeFileSync(path.join(folder, 'index.html'), '<h1>mine</h1>');
    mkdirSync(path.join(folder, 'js'));
    writeFileSync(path.join(folder, 'js/main.js'), 'let x;');
    symlinkSync('/etc/hostname', path.join(folder, 'out'));
    const own = await Server.start(['--web', folder]);
    try {
      assert.equal((await get(`${own.url}/`)).text, '<h1>mine</h1>');
      assert.match((await get(`${own.url}/js/main.js`)).headers['content-type'], /javascript/);
      for (const target of ['/js/', '/out', '/../etc/passwd', '/js/%2e%2e/%2e%2e/etc/passwd', '/js/..%2f..%2fetc/passwd', '/%00']) {
        const { text } = await talk(own.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        assert.ok(statuses(text)[0] >= 400, `${target}: ${text.slice(0, 60)}`);
      }
      assert.equal((await get(`${own.url}/socket.io/socket.io.js`)).status, 200);
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('says in the language asked for why it does not start', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'duet-start-'));
    const pem = path.join(folder, 'empty.pem');
    writeFileSync(pem, 'nothing\n');
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const refusals = [
      [['--listen', address, '--listen', address], /--listen says .* twice/, /重复给出了/],
      [['--listen', `${port}`, '--listen', address], /--listen says .* twice/, /重复给出了/],
      [['--listen', server.url.slice(7)], /another program listens/, /已被其他程序占用/],
      [['--listen', address, '--cert', pem, '--key', pem], /holds no certificate/, /没有 PEM 格式的证书/],
    ];
    try {
      for (const [flags, english, chinese] of refusals) {
        for (const [lang, sentence] of [['en', english], ['zh', chinese]]) {
          const { status, stderr } = spawnSync(binary, ['serve', ...flags, '--lang', lang], {
            env: { STATE_DIRECTORY: folder }, encoding: 'utf8', timeout: 10_000,
          });
          assert.equal(status, 2, `${flags}: ${stderr}`);
          assert.match(stderr, sentence);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('drains at SIGTERM: not ready, no new rooms, clients told, exit 0', { timeout: 20_000 }, async () => {
    const ending = await Server.start(['--drain', '2s']);
    ending.expectExit = true;
    const alice = await Client.connect(ending, { version: 4 });
    const bob = await Client.connect(ending, { version: 2, transport: 'polling' });
    await alice.ask('create or join', 'last call');
    const idle = new http.Agent({ keepAlive: true });
    await get(`${ending.url}/readyz`, { agent: idle });
    const start = performance.now();
    ending.child.kill('SIGTERM');
    await alice.take('draining');
    await bob.take('draining');
    await until(() => /^duet: stopping within 2s: still connected 2, on the relay 0\. Ctrl-C again stops it now$/m.test(ending.log), 'what it waits for');
    const ready = await get(`${ending.url}/readyz`).catch((error) => error);
    assert.ok(ready.status === 503 || ready.code === 'ECONNREFUSED');
    assert.equal((await alice.ask('create or join', 'another')).code, 'draining');
    assert.deepEqual(await ending.exited, { code: 0, signal: null });
    assert.ok(performance.now() - start < 4000);
    idle.destroy();
    alice.close();
    bob.close();
    await ending.stop();
  });

  it('says in Chinese what it waits for, and waits no longer at a second signal', { timeout: 20_000 }, async () => {
    const ending = await Server.start(['--drain', '15s', '--lang', 'zh']);
    ending.expectExit = true;
    const alice = await Client.connect(ending, { version: 4 });
    const start = performance.now();
    ending.child.kill('SIGINT');
    await alice.take('draining');
    await until(() => /^duet: 将在 15s 内停止：还有 1 个连接，0 个中继。再按一次 Ctrl-C 立即停止$/m.test(ending.log), 'what it waits for');
    ending.child.kill('SIGINT');
    assert.deepEqual(await ending.exited, { code: 0, signal: null });
    assert.ok(performance.now() - start < 5000);
    alice.close();
    await ending.stop();
  });

  it('stops without a word when nobody is there', { timeout: 20_000 }, async () => {
    const ending = await Server.start(['--drain', '15s']);
    ending.expectExit = true;
    ending.child.kill('SIGTERM');
    assert.deepEqual(await ending.exited, { code: 0, signal: null });
    assert.doesNotMatch(ending.log, /^duet: stopping/m);
    await ending.stop();
  });

  it('stops sooner when everybody has left', { timeout: 20_000 }, async () => {
    const ending = await Server.start(['--drain', '15s']);
    ending.expectExit = true;
    const alice = await Client.connect(ending, { version: 4 });
    ending.child.kill('SIGTERM');
    await alice.take('draining');
    alice.close();
    const start = performance.now();
    assert.deepEqual(await ending.exited, { code: 0, signal: null });
    assert.ok(performance.now() - start < 5000);
    await ending.stop();
  });
});
