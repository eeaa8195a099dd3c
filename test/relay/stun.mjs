// SPDX-License-Identifier: MIT
// STUN messages and ChannelData by hand (RFC 8489, RFC 8656), so that a test can also get them wrong.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import net from 'node:net';

export const kMagicCookie = 0x2112a442;

export const method = { binding: 1, allocate: 3, refresh: 4, send: 6, data: 7, permit: 8, bind: 9 };
export const klass = { request: 0, indication: 1, success: 2, error: 3 };
export const attribute = {
  username: 0x0006,
  integrity: 0x0008,
  error: 0x0009,
  channel: 0x000c,
  lifetime: 0x000d,
  peer: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  relayed: 0x0016,
  family: 0x0017,
  evenPort: 0x0018,
  transport: 0x0019,
  mapped: 0x0020,
  token: 0x0022,
  integritySha256: 0x001c,
  passwordAlgorithm: 0x001d,
  userhash: 0x001e,
  icmp: 0x8004,
  additionalFamily: 0x8000,
  passwordAlgorithms: 0x8002,
};

export const u32 = (value) => Buffer.from([24, 16, 8, 0].map((shift) => (value >>> shift) & 255));
/** As RFC 8656 §18.8 numbers protocols. */
export const udpTransport = [attribute.transport, u32(17 << 24)];
export const lifetime = (seconds) => [attribute.lifetime, u32(seconds)];
export const channelNumber = (number) => [attribute.channel, u32(number << 16)];

/** The 4 or 16 bytes of an address. */
export function addressBytes(text) {
  if (net.isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const [a, b, c, d] = dotted[2].split('.').map(Number);
    return addressBytes(`${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [head, tail] = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups = tail ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] : head;
  return Buffer.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}

function mask(bytes, id) {
  const key = Buffer.concat([u32(kMagicCookie), id]);
  return Buffer.from(bytes.map((byte, index) => byte ^ key[index]));
}

/** The value of an XOR-...-ADDRESS (RFC 8489 §14.2). */
export function xorAddress({ address, port }, id) {
  const bytes = addressBytes(address);
  const masked = port ^ (kMagicCookie >>> 16);
  return Buffer.concat([Buffer.from([0, bytes.length === 4 ? 1 : 2, masked >> 8, masked & 255]), mask(bytes, id)]);
}

export function parseXorAddress(value, id) {
  const bytes = mask(value.subarray(4), id);
  const address = value[1] === 1
    ? [...bytes].join('.')
    : Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':');
  return { address, port: value.readUInt16BE(2) ^ (kMagicCookie >>> 16) };
}

export const peer = (endpoint) => (id) => [attribute.peer, xorAddress(endpoint, id)];

/** RFC 8489 §18.5.1: MD5 unless another algorithm is named. */
export const longTermKey = ({ username, password }, realm, algorithm = 'md5') =>
  createHash(algorithm).update(`${username}:${realm}:${password}`).digest();

/** RFC 8489 §14.4: the name, for who should not read it. */
export const userhash = ({ username }, realm) => createHash('sha256').update(`${username}:${realm}`).digest();

/** PASSWORD-ALGORITHM: SHA-256, without parameters (RFC 8489 §18.5.1). */
export const sha256Algorithm = [attribute.passwordAlgorithm, Buffer.from([0, 2, 0, 0])];

const macs = { sha1: attribute.integrity, sha256: attribute.integritySha256 };

/**
 * @param attributes  [type, value], or a function of the transaction's id that makes one
 * @param key  signs with MESSAGE-INTEGRITY, or with `mac` 'sha256' with that of SHA-256
 */
export function message(kind, type, attributes = [], { id = randomBytes(12), key, mac = 'sha1' } = {}) {
  const parts = attributes.map((one) => (typeof one === 'function' ? one(id) : one)).map(([number, value]) => {
    const bytes = Buffer.from(value);
    const head = Buffer.from([number >> 8, number & 255, bytes.length >> 8, bytes.length & 255]);
    return Buffer.concat([head, bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  });
  const body = Buffer.concat(parts);
  const head = (size) => {
    const first = ((kind & 2) << 7) | ((kind & 1) << 4) | (type & 0xf);
    return Buffer.concat([Buffer.from([first >> 8, first & 255, size >> 8, size & 255]), u32(kMagicCookie), id]);
  };
  if (!key) return Buffer.concat([head(body.length), body]);
  const size = mac === 'sha1' ? 20 : 32;
  const covered = Buffer.concat([head(body.length + 4 + size), body]);
  return Buffer.concat([covered, Buffer.from([0, macs[mac], 0, size]), createHmac(mac, key).update(covered).digest()]);
}

/** Whether a message that ends with its MAC, and without FINGERPRINT, is signed so. */
export function isSigned(bytes, key, mac = 'sha1') {
  const size = mac === 'sha1' ? 20 : 32;
  const end = bytes.length - size;
  return bytes.readUInt16BE(end - 4) === macs[mac] && bytes.readUInt16BE(end - 2) === size &&
    createHmac(mac, key).update(bytes.subarray(0, end - 4)).digest().equals(bytes.subarray(end));
}

/** @returns undefined if the bytes are no STUN message */
export function parse(bytes) {
  if (bytes.length < 20 || bytes[0] > 3 || bytes.readUInt32BE(4) !== kMagicCookie) return undefined;
  const first = bytes.readUInt16BE(0);
  const parsed = {
    klass: ((first >> 7) & 2) | ((first >> 4) & 1),
    method: first & 0xf,
    id: bytes.subarray(8, 20),
    bytes,
    size: bytes.length,
    all: [],
  };
  for (let at = 20; at + 4 <= bytes.length; ) {
    const size = bytes.readUInt16BE(at + 2);
    parsed.all.push([bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + size)]);
    at += 4 + size + ((4 - (size % 4)) % 4);
  }
  parsed.find = (type) => parsed.all.find(([number]) => number === type)?.[1];
  const error = parsed.find(attribute.error);
  parsed.code = error ? error[2] * 100 + error[3] : 0;
  return parsed;
}

export function channelData(number, payload, { padded = false, size } = {}) {
  const bytes = Buffer.from(payload);
  const told = size ?? bytes.length;
  const head = Buffer.from([number >> 8, number & 255, told >> 8, told & 255]);
  return Buffer.concat([head, bytes, Buffer.alloc(padded ? (4 - (bytes.length % 4)) % 4 : 0)]);
}

/** The size of the first frame of a stream (RFC 8489 §6.2.2, RFC 8656 §12.5); Infinity if it isn't whole. */
export function frameSize(bytes) {
  if (bytes.length < 4) return Infinity;
  const body = bytes.readUInt16BE(2);
  const size = bytes[0] < 4 ? 20 + body : 4 + body + ((4 - (body % 4)) % 4);
  return bytes.length < size ? Infinity : size;
}
