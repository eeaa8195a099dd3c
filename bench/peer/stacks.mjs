// SPDX-License-Identifier: MIT
// What a connection costs in another stack: node stacks.mjs STACK COUNT MEGABYTES, with both ends in this process.
import { createRequire } from 'node:module';

const kMessage = 64 * 1024;
const kBuffered = 4 * 1024 * 1024;
const kFirst = 3;  // pairs that warm up what is made once

const now = () => performance.now();
const require = createRequire(import.meta.url);

/** Both ends of a stack that has the W3C's RTCPeerConnection. */
function w3cPair(RTCPeerConnection) {
  const [a, b] = [0, 1].map(() => new RTCPeerConnection({ iceServers: [] }));
  const early = new Map([[a, []], [b, []]]);
  const tell = (to, candidate) =>
    early.get(to) ? early.get(to).push(candidate) : to.addIceCandidate(candidate).catch(() => {});
  const ready = (end) => {
    const waiting = early.get(end);
    early.set(end, undefined);
    for (const candidate of waiting) tell(end, candidate);
  };
  a.onicecandidate = ({ candidate }) => candidate?.candidate && tell(b, candidate);
  b.onicecandidate = ({ candidate }) => candidate?.candidate && tell(a, candidate);
  return {
    async open() {
      const channel = a.createDataChannel('bench');
      const there = new Promise((resolve) => {
        b.ondatachannel = ({ channel: other }) => {
          if (other.readyState === 'open') return resolve(other);
          other.onopen = () => resolve(other);
        };
      });
      const here = new Promise((resolve) => (channel.onopen = resolve));
      await a.setLocalDescription(await a.createOffer());
      await b.setRemoteDescription(a.localDescription);
      ready(b);
      await b.setLocalDescription(await b.createAnswer());
      await a.setRemoteDescription(b.localDescription);
      ready(a);
      await here;
      const other = await there;
      return {
        send: (bytes) => channel.send(bytes),
        buffered: () => channel.bufferedAmount,
        onMessage: (handle) => {
          other.binaryType = 'arraybuffer';
          other.onmessage = ({ data }) => handle(data.byteLength);
        },
      };
    },
    close: () => Promise.all([a.close(), b.close()]),
  };
}

/** libdatachannel by its own interface. */
function libdatachannelPair({ PeerConnection }) {
  const [a, b] = ['a', 'b'].map((name) => new PeerConnection(name, { iceServers: [] }));
  for (const [from, to] of [[a, b], [b, a]]) {
    from.onLocalDescription((sdp, type) => to.setRemoteDescription(sdp, type));
    from.onLocalCandidate((candidate, mid) => to.addRemoteCandidate(candidate, mid));
  }
  return {
    async open() {
      const there = new Promise((resolve) => b.onDataChannel((other) => {
        if (other.isOpen()) resolve(other);
        else other.onOpen(() => resolve(other));
      }));
      const channel = a.createDataChannel('bench');
      await new Promise((resolve) => channel.onOpen(resolve));
      const other = await there;
      return {
        send: (bytes) => channel.sendMessageBinary(bytes),
        buffered: () => channel.bufferedAmount(),
        onMessage: (handle) => other.onMessage((data) => handle(data.byteLength ?? data.length)),
      };
    },
    close: () => [a, b].forEach((end) => end.close()),
  };
}

const stacks = {
  libdatachannel: async () => {
    const library = await import('node-datachannel');
    return () => libdatachannelPair(library.default ?? library);
  },
  libwebrtc: async () => () => w3cPair(require('@roamhq/wrtc').RTCPeerConnection),
  werift: async () => {
    const { RTCPeerConnection } = await import('werift');
    return () => w3cPair(RTCPeerConnection);
  },
};

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
};

async function setUps(make, count) {
  const times = [];
  let cpu = 0;
  for (let i = -kFirst; i < count; i += 1) {
    const before = cpuMs();
    const pair = make();
    const start = now();
    await pair.open();
    const time = now() - start;
    await pair.close();
    if (i < 0) continue;
    times.push(time);
    cpu += cpuMs() - before;
  }
  times.sort((x, y) => x - y);
  return { p50_ms: times[count >> 1], p99_ms: times[Math.floor(count * 0.99)], max_ms: times.at(-1), cpu_ms: cpu / count };
}

async function messages(make, megabytes) {
  const pair = make();
  const channel = await pair.open();
  const total = Math.ceil(megabytes * 1e6 / kMessage) * kMessage;
  let received = 0;
  const done = new Promise((resolve) => channel.onMessage((size) => (received += size) >= total && resolve()));
  const [cpu, start] = [cpuMs(), now()];
  const bytes = Buffer.alloc(kMessage);
  for (let sent = 0; sent < total;) {
    while (sent < total && channel.buffered() < kBuffered) {
      channel.send(bytes);
      sent += kMessage;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  const seconds = (now() - start) / 1e3;
  const result = { mb_per_s: received / 1e6 / seconds, cpu_ms_per_mb: (cpuMs() - cpu) / (received / 1e6) };
  await pair.close();
  return result;
}

const [name, count, megabytes] = process.argv.slice(2);
const make = await stacks[name]();
const figures = { ...(await setUps(make, Number(count))), ...(await messages(make, Number(megabytes))) };
for (const [key, value] of Object.entries(figures)) console.log(key, value.toFixed(2));
process.exit();
