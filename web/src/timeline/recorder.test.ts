// SPDX-License-Identifier: MIT
// What is written down of a peer connection, in which order and with which times.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Timeline } from './events';
import { knownAs, record, type Recorder } from './recorder';

class FakeTransport extends EventTarget {
  state = 'new';
  iceTransport: FakeTransport | undefined;

  become(state: string, event = 'statechange') {
    this.state = state;
    this.dispatchEvent(new Event(event));
  }
}

/** A peer connection whose statistics take 20 ms to come, and are those of the moment they come. */
class FakePeer extends EventTarget {
  connectionState = 'connecting';
  localDescription = null;
  remoteDescription = null;
  sctp = null;
  transport = Object.assign(new FakeTransport(), { iceTransport: new FakeTransport() });
  stats: Record<string, unknown>[] = [];
  asked = 0;

  getSenders() {
    return [{ transport: this.transport }];
  }

  async getStats() {
    this.asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return new Map(this.stats.map((stat) => [stat.id, stat]));
  }
}

const pairStats = (type = 'host') => [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P', dtlsState: 'connected', iceRole: 'controlling' },
  { id: 'P', type: 'candidate-pair', state: 'succeeded', nominated: true, localCandidateId: 'L', remoteCandidateId: 'R' },
  { id: 'L', type: 'local-candidate', candidateType: 'host', address: '192.168.1.2' },
  { id: 'R', type: 'remote-candidate', candidateType: type, address: '203.0.113.9' },
];

describe('a recording', () => {
  let peer: FakePeer;
  let timeline: Timeline;
  let recorder: Recorder;
  const paths: string[] = [];
  const told = (...names: string[]) =>
    timeline.all().flatMap(({ ev, at }) => (names.includes(ev) ? [`${ev}@${at}`] : []));

  beforeEach(() => {
    vi.useFakeTimers();
    peer = new FakePeer();
    timeline = new Timeline(() => Date.now());
    paths.length = 0;
    recorder = record(peer as unknown as RTCPeerConnection, timeline, { onPath: (path) => void paths.push(path) });
    peer.dispatchEvent(new Event('signalingstatechange'));
  });
  afterEach(() => {
    recorder.stop();
    vi.useRealTimers();
  });

  test('has the times of the events, and their order, however late statistics tell the details', async () => {
    await vi.advanceTimersByTimeAsync(30);
    peer.stats = pairStats();
    peer.transport.iceTransport.become('connected', 'selectedcandidatepairchange');
    await vi.advanceTimersByTimeAsync(4);
    peer.transport.become('connected');
    peer.connectionState = 'connected';
    peer.dispatchEvent(new Event('connectionstatechange'));
    await vi.advanceTimersByTimeAsync(500);
    expect(told('pair', 'check', 'ice.selected', 'dtls.connected')).toEqual([
      'pair@30', 'check@30', 'ice.selected@30', 'dtls.connected@34',
    ]);
    expect(paths).toEqual(['direct']);
  });

  test('sees the pair within 50 ms where the browser has no event for it', async () => {
    await vi.advanceTimersByTimeAsync(200);
    peer.stats = pairStats();
    await vi.advanceTimersByTimeAsync(70);
    expect(told('ice.selected')).toHaveLength(1);
  });

  test('looks once a second when the path is there, and never again when it is stopped', async () => {
    peer.stats = pairStats();
    peer.connectionState = 'connected';
    await vi.advanceTimersByTimeAsync(100);
    for (let times = 0; times < 5; times += 1) peer.dispatchEvent(new Event('connectionstatechange'));
    await vi.advanceTimersByTimeAsync(100);
    const before = peer.asked;
    await vi.advanceTimersByTimeAsync(10_200);
    expect(peer.asked - before).toBeLessThanOrEqual(10); // one chain of timers, though six looks ran
    recorder.stop();
    const stopped = peer.asked;
    await vi.advanceTimersByTimeAsync(5_000);
    peer.dispatchEvent(new Event('connectionstatechange'));
    expect(peer.asked).toBe(stopped);
  });

  test('tells the path anew when a reflexive candidate turns out to be another', async () => {
    peer.stats = pairStats('prflx');
    await vi.advanceTimersByTimeAsync(100);
    peer.stats = pairStats('relay');
    await vi.advanceTimersByTimeAsync(300);
    expect(paths).toEqual(['direct', 'relay']);
  });

  test('holds each failure to gather once, whatever number of interfaces has it', () => {
    const fail = (url: string, errorCode: number) =>
      peer.dispatchEvent(Object.assign(new Event('icecandidateerror'), { url, errorCode, errorText: '' }));
    for (let times = 0; times < 8; times += 1) fail('turn:192.0.2.1', 701);
    fail('turn:192.0.2.1', 401);
    expect(timeline.all().map(({ data }) => data.error)).toEqual([701, 401]);
  });
});

describe('a reflexive candidate without an address', () => {
  const line = (address: string, port: number, type: string) => `a=candidate:1 1 udp 1 ${address} ${port} typ ${type}\r\n`;
  const prflx = { candidateType: 'prflx', port: 5_000 };

  test('is the one that was told with its port, the one outside before the one inside', () => {
    const inside = line('a-b.local', 5_000, 'host') + line('192.168.1.2', 5_001, 'host');
    expect(knownAs(inside, prflx)).toMatchObject({ type: 'host', address: 'a-b.local' });
    expect(knownAs(inside + line('203.0.113.9', 5_000, 'srflx'), prflx)).toMatchObject({ type: 'srflx', address: '203.0.113.9' });
    expect(knownAs(line('203.0.113.9', 5_000, 'relay'), prflx)).toMatchObject({ type: 'relay' });
  });

  test('stays what it is where nothing fits', () => {
    for (const sdp of [undefined, '', 'v=0\r\n', line('192.168.1.2', 5_001, 'host')]) {
      expect(knownAs(sdp, prflx)).toEqual({ type: 'prflx', address: '' });
    }
    expect(knownAs(line('a', 5_000, 'srflx'), { candidateType: 'host', port: 5_000 })).toEqual({ type: 'host', address: '' });
  });
});
