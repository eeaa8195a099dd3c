// SPDX-License-Identifier: MIT
// The path that a call takes: asked of the browser, told by the page, and forced.

import assert from 'node:assert/strict';

/** Keeps every peer connection that the page makes, so that a test can ask it. */
export function keepPeers() {
  const Stock = RTCPeerConnection;
  window.duetTestPeers = [];
  window.RTCPeerConnection = class extends Stock {
    constructor(configuration) {
      super(configuration);
      window.duetTestPeers.push(this);
    }
  };
}

/** What a failed claim about pictures needs to be understood: runs in the page. */
export async function tellPeers() {
  const peers = [];
  for (const pc of window.duetTestPeers ?? []) {
    const stats = [...(await pc.getStats()).values()];
    const seen = (type, ...keys) =>
      stats.filter((one) => one.type === type).map((one) => keys.map((key) => `${key}=${one[key]}`).join(' '));
    peers.push({
      states: [pc.connectionState, pc.iceConnectionState, pc.signalingState],
      received: seen('inbound-rtp', 'kind', 'bytesReceived', 'framesReceived', 'framesDecoded'),
      sent: seen('outbound-rtp', 'kind', 'bytesSent', 'framesSent'),
      pairs: seen('candidate-pair', 'state', 'nominated', 'selected', 'bytesSent', 'bytesReceived', 'localCandidateId', 'remoteCandidateId'),
    });
  }
  const call = document.querySelector('[data-testid=call]');
  return JSON.stringify({ visible: document.visibilityState, ...call?.dataset, peers }, null, 1);
}

/**
 * The candidates that media goes between, such as {local: 'relay', remote: 'relay', over: 'tcp'}.
 * Both local ones relayed is relay to relay: the far end may be known by a check only.
 */
export const types = (person) =>
  person.page.evaluate(async () => {
    const stats = [...(await window.duetTestPeers.at(-1).getStats()).values()];
    const id = stats.find((one) => one.type === 'transport' && one.selectedCandidatePairId)?.selectedCandidatePairId;
    const pair = stats.find((one) => one.type === 'candidate-pair' && (one.id === id || one.selected));
    const local = stats.find((one) => one.id === pair?.localCandidateId);
    const remote = stats.find((one) => one.id === pair?.remoteCandidateId);
    return { local: local?.candidateType, remote: remote?.candidateType, over: local?.relayProtocol ?? local?.protocol };
  });

/** Which round of candidates this is, of which peer connection: the same as long as nobody seeks another path. */
export const round = (person) =>
  person.page.evaluate(() => {
    const peers = window.duetTestPeers;
    return `${peers.length} ${/a=ice-ufrag:(\S+)/.exec(peers.at(-1).localDescription.sdp)[1]}`;
  });

export async function forceRelay(person) {
  await person.page.bringToFront();
  if (!(await person.page.$('[data-testid=force-relay]'))) await person.page.keyboard.press('i');
  const query = '[data-testid=force-relay]:not(:disabled)';
  await person.page.waitForSelector(`${query}[aria-checked=false]`, { timeout: 20_000 });
  await person.press('force-relay');
  await person.page.waitForSelector(`${query}[aria-checked=true]`);
}

/** Waits until media takes a path, as the page says. */
export async function goesBy(person, path, timeout = 30_000) {
  const call = '[data-testid=call]';
  try {
    await person.page.waitForSelector(['live', 'degraded'].map((phase) => `${call}[data-phase=${phase}][data-path=${path}]`).join(), { timeout });
  } catch {
    assert.fail(`not by ${path} within ${timeout} ms, but: ${await person.page.evaluate((query) => JSON.stringify(document.querySelector(query)?.dataset) ?? document.body.innerText, call)}`);
  }
}
