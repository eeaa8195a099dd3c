// SPDX-License-Identifier: MIT
// An end of another stack, led by the lines that lead duet_test_peer: node stack.mjs werift|wrtc

import { createInterface } from 'node:readline';

const stacks = {
  werift: async () => (await import('werift')).RTCPeerConnection,
  wrtc: async () => (await import('@roamhq/wrtc')).default.RTCPeerConnection,
};

// werift 0.24 throws at a chunk of SCTP that it doesn't know, where RFC 9260 §3.2 has it skip ours:
// PAD (RFC 4820), which looks for a larger MTU. The packet is lost, the association goes on.
process.on('unhandledRejection', (error) => {
  if (error.message !== 'unknown') throw error;
});

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const pc = new (await stacks[process.argv[2]]())({ iceServers: [] });
let channel;
let waiting = [];  // candidates that were found before their description was signaled

pc.onicecandidate = ({ candidate }) => {
  if (!candidate?.candidate) return;
  const { sdpMid, sdpMLineIndex } = candidate;
  const line = { type: 'candidate', candidate: { candidate: candidate.candidate, sdpMid, sdpMLineIndex } };
  if (waiting) waiting.push(line);
  else tell(line);
};
pc.ondatachannel = (event) => adopt(event.channel);

function adopt(made) {
  channel = made;
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }) =>
    tell(typeof data === 'string' ? { report: 'text', text: data } : { report: 'binary', bytes: data.byteLength });
  const open = () => tell({ report: 'open', label: channel.label });
  if (channel.readyState === 'open') open();
  else channel.onopen = open;
}

async function describe(description) {
  await pc.setLocalDescription(description);
  const { type, sdp } = pc.localDescription;
  tell({ type, sdp });
  for (const line of waiting ?? []) tell(line);
  waiting = undefined;
}

const orders = {
  channel: ({ label }) => adopt(pc.createDataChannel(label)),
  offer: async () => describe(await pc.createOffer()),
  send: ({ text, bytes }) => channel.send(text ?? Buffer.alloc(bytes)),
};

async function obey(line) {
  if (line.do) return orders[line.do](line);
  if (line.type === 'candidate') return line.candidate.candidate && pc.addIceCandidate(line.candidate);
  await pc.setRemoteDescription({ type: line.type, sdp: line.sdp });
  if (line.type === 'offer') await describe(await pc.createAnswer());
}

let queue = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (text) => {
    queue = queue.then(() => obey(JSON.parse(text))).catch((error) => tell({ report: 'error', message: error.message }));
  })
  .on('close', () => process.exit());
