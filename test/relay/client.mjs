// SPDX-License-Identifier: MIT
// A TURN client over UDP, TCP or TLS that does what it is told and remembers what it gets.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

import { until } from '../clients/server.mjs';
import * as stun from './stun.mjs';

export const kUser = { username: 'alice', password: 'wonder' };
export const kUserFlag = ['--turn-user', `${kUser.username}:${kUser.password}`];

/** Datagrams, or a stream that is cut into frames, behind one face. */
async function open(transport, port, host, local, receive) {
  if (transport === 'udp') {
    const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
    socket.on('message', receive);
    socket.on('error', () => {});
    await new Promise((resolve) => socket.bind({ address: local ?? host }, resolve));
    return { socket, send: (bytes) => socket.send(bytes, port, host), close: () => socket.close() };
  }
  const options = { port, host, localAddress: local, rejectUnauthorized: false };
  const socket = transport === 'tls' ? tls.connect(options) : net.connect(options);
  let kept = Buffer.alloc(0);
  socket.on('data', (data) => {
    kept = Buffer.concat([kept, data]);
    for (let size = stun.frameSize(kept); size < Infinity; size = stun.frameSize(kept)) {
      receive(kept.subarray(0, size));
      kept = kept.subarray(size);
    }
  });
  socket.on('error', () => {});
  await once(socket, transport === 'tls' ? 'secureConnect' : 'connect');
  return { socket, send: (bytes) => socket.write(bytes), close: () => socket.destroy() };
}

export class Client {
  /** Everything that came and was not taken, oldest first. */
  got = [];
  credential = kUser;
  /** Signs with SHA-256, and says who it is by USERHASH (RFC 8489 §9.2). */
  sha256 = false;
  closed = false;

  static async over(transport, port, { host = '127.0.0.1', local, credential = kUser, sha256 = false } = {}) {
    const client = new Client();
    Object.assign(client, { credential, sha256 });
    client.padded = transport !== 'udp';
    Object.assign(client, await open(transport, port, host, local, (bytes) => client.got.push(Buffer.from(bytes))));
    client.socket.on('close', () => (client.closed = true));
    return client;
  }

  /** Takes the first message for which `matches` holds; undefined if none comes within `ms`. */
  async take(matches, ms = 3000) {
    let index = -1;
    await until(() => (index = this.got.findIndex(matches)) >= 0, 'a message', ms).catch(() => undefined);
    return index < 0 ? undefined : this.got.splice(index, 1)[0];
  }

  async answer(bytes, ms) {
    this.send(bytes);
    const id = bytes.subarray(8, 20);
    const answer = await this.take((one) => stun.parse(one)?.id.equals(id), ms);
    return answer && stun.parse(answer);
  }

  /** An unsigned request. @returns its answer, parsed */
  ask(type, attributes = []) {
    return this.answer(stun.message(stun.klass.request, type, attributes));
  }

  get signature() {
    return { key: stun.longTermKey(this.credential, this.realm, this.sha256 ? 'sha256' : 'md5'), mac: this.sha256 ? 'sha256' : 'sha1' };
  }

  sign(type, attributes = []) {
    const who = this.sha256
      ? [[stun.attribute.userhash, stun.userhash(this.credential, this.realm)], [stun.attribute.passwordAlgorithms, this.algorithms], stun.sha256Algorithm]
      : [[stun.attribute.username, this.credential.username]];
    const login = [...who, [stun.attribute.realm, this.realm], [stun.attribute.nonce, this.nonce]];
    return stun.message(stun.klass.request, type, [...attributes, ...login], this.signature);
  }

  async learn() {
    this.obey(await this.ask(stun.method.allocate, [stun.udpTransport]));
  }

  /** Signs from now on as a challenge asks. */
  obey(challenge) {
    assert.equal(challenge?.code, 401);
    this.realm = challenge.find(stun.attribute.realm).toString();
    this.nonce = challenge.find(stun.attribute.nonce);
    this.algorithms = challenge.find(stun.attribute.passwordAlgorithms);
  }

  /** A signed request, after a challenge if need be. */
  async request(type, attributes = []) {
    if (!this.nonce) await this.learn();
    const answer = await this.answer(this.sign(type, attributes));
    assert.ok(answer, `no answer to method ${type}`);
    return answer;
  }

  /** @returns the answer; its relayed addresses are in `relayed` */
  async allocate(attributes = []) {
    const answer = await this.request(stun.method.allocate, [stun.udpTransport, ...attributes]);
    this.relayed = answer.all
      .filter(([type]) => type === stun.attribute.relayed)
      .map(([, value]) => stun.parseXorAddress(value, answer.id));
    return answer;
  }

  refresh(seconds) {
    return this.request(stun.method.refresh, [stun.lifetime(seconds)]);
  }

  async permit(...peers) {
    return (await this.request(stun.method.permit, peers.map(stun.peer))).code;
  }

  async bind(number, peer) {
    return (await this.request(stun.method.bind, [stun.channelNumber(number), stun.peer(peer)])).code;
  }

  sendTo(peer, payload) {
    this.send(stun.message(stun.klass.indication, stun.method.send, [stun.peer(peer), [stun.attribute.data, payload]]));
  }

  sendChannel(number, payload) {
    this.send(stun.channelData(number, payload, { padded: this.padded }));
  }

  /** What the next Data indication or ChannelData carries: {from, text}, or {channel, text}. */
  async hear(ms = 3000) {
    const isData = (bytes) => bytes[0] >= 0x40 || stun.parse(bytes)?.method === stun.method.data;
    const bytes = await this.take(isData, ms);
    if (!bytes) return undefined;
    if (bytes[0] >= 0x40) {
      return { channel: bytes.readUInt16BE(0), text: bytes.subarray(4, 4 + bytes.readUInt16BE(2)).toString() };
    }
    const data = stun.parse(bytes);
    return {
      from: stun.parseXorAddress(data.find(stun.attribute.peer), data.id),
      text: data.find(stun.attribute.data).toString(),
    };
  }
}

/** Runs a story with clients that are closed afterwards: `open(transport, port, options)` makes one. */
export async function withClients(story) {
  const clients = [];
  try {
    await story(async (...args) => {
      const client = await Client.over(...args);
      clients.push(client);
      return client;
    });
  } finally {
    for (const client of clients) if (!client.closed) client.close();
  }
}
