// SPDX-License-Identifier: MIT
// Candidates, pairs and their priorities, and the timeline of them.
import { describe, expect, test } from 'vitest';
import { decodePriority, parseCandidate, pathOf } from './candidates';
import { Timeline, kMaxEvents, maskAddresses, parseRecording } from './events';
import { formPairs, pairPriority } from './pairs';
import { derive } from './view';

const host = (address: string, priority = 2_122_260_223, more = '') =>
  parseCandidate(`candidate:1 1 udp ${priority} ${address} 5000 typ host${more}`)!;

describe('a candidate', () => {
  test('is read with all that its type brings', () => {
    expect(parseCandidate('candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.168.1.5 rport 50001 generation 0 ufrag x')).toEqual({
      foundation: '842163049', component: 1, protocol: 'udp', priority: 1_677_729_535, address: '203.0.113.7', port: 46_154,
      type: 'srflx', relatedAddress: '192.168.1.5', relatedPort: 50_001,
    });
    expect(parseCandidate('a=candidate:1 1 TCP 1 10.0.0.1 9 typ host tcptype active')).toMatchObject({ protocol: 'tcp', tcpType: 'active' });
  });

  test.each(['', 'candidate:', 'candidate:1 1 udp 1 10.0.0.1', 'candidate:1 1 udp x 10.0.0.1 5 typ host', 'candidate:1 1 sctp 1 a 5 typ host', 'candidate:1 1 udp 4294967296 a 5 typ host', 'candidate:1 1 udp 1 a 70000 typ host', 'candidate:1 1 udp 1 a 5 typ other'])(
    'that breaks the grammar is none: %s', (line) => expect(parseCandidate(line)).toBeUndefined(),
  );

  test('has a priority of three parts (RFC 8445 §5.1.2.1)', () => {
    expect(decodePriority(2_130_706_431)).toEqual({ typePreference: 126, localPreference: 65_535, component: 1 });
    expect(decodePriority(4_294_967_040)).toEqual({ typePreference: 255, localPreference: 65_535, component: 256 });
  });
});

describe('a pair', () => {
  test('has an exact priority beyond what a Number holds', () => {
    expect(pairPriority(2_130_706_431, 2_130_706_431)).toBe(9_151_314_442_783_293_438n);
    expect(pairPriority(2, 1)).toBe((1n << 32n) + 4n + 1n);
    expect(pairPriority(1, 2)).toBe((1n << 32n) + 4n);
    expect(BigInt(Number(pairPriority(2_130_706_431, 2_130_706_431)))).not.toBe(9_151_314_442_783_293_438n);
  });

  test('joins only what can talk: same family, same protocol, fitting TCP roles', () => {
    const tcp = (type: string) => parseCandidate(`candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype ${type}`)!;
    expect(formPairs([host('10.0.0.1')], [host('2001:db8::1')], true)).toEqual([]);
    expect(formPairs([host('10.0.0.1')], [tcp('passive')], true)).toEqual([]);
    expect(formPairs([tcp('active')], [tcp('active')], true)).toEqual([]);
    expect(formPairs([tcp('active')], [tcp('passive')], true)).toHaveLength(1);
    expect(formPairs([host('a-b.local')], [host('10.0.0.2')], true)).toHaveLength(1);
  });

  test('is tried in the order of priority, and once for a reflexive candidate and its base', () => {
    const srflx = parseCandidate('candidate:2 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.1 rport 5000')!;
    const pairs = formPairs([srflx, host('10.0.0.1')], [host('10.0.0.2', 100), host('10.0.0.3', 200)], true);
    expect(pairs.map((pair) => [pair.local.type, pair.remote.address])).toEqual([['host', '10.0.0.3'], ['host', '10.0.0.2']]);
  });
});

describe('the path of a pair', () => {
  const [lan, other, mine, theirs] = ['192.168.1.2', '192.168.1.7', '203.0.113.7', '198.51.100.9'];
  test.each([
    ['relay', 'relay', mine, 'host', lan],
    ['relay', 'host', lan, 'relay', mine],
    ['host', 'host', lan, 'host', other],
    ['host', 'host', '127.0.0.1', 'prflx', '127.0.0.1'],
    ['host', 'host', mine, 'prflx', '127.0.0.1'], // one machine
    ['host', 'host', lan, 'host', 'ab-12.local'], // a name instead of an address
    ['host', 'host', lan, 'host', ''],
    ['host', 'host', lan, 'prflx', other],
    ['host', 'host', 'fd00::1', 'host', 'fe80::9'],
    ['host', 'host', '2001:db8:1:2::5', 'host', '2001:db8:1:2:7:8:9:a'],
    ['direct', 'host', '2001:db8:1:2::5', 'host', '2001:db8:1:3::5'], // no router changes IPv6 addresses
    ['direct', 'host', mine, 'host', theirs],
    ['direct', 'srflx', mine, 'srflx', theirs],
    ['direct', 'host', lan, 'prflx', theirs],
    ['direct', 'host', lan, 'prflx', ''],
  ])('is %s from %s %s to %s %s', (path, type, address, remote, far) => {
    expect(pathOf({ type, address }, { type: remote, address: far })).toBe(path);
  });
});

describe('a timeline', () => {
  const clock = () => {
    let now = 0;
    return () => (now += 10);
  };

  test('survives its own export', () => {
    const timeline = new Timeline(clock());
    timeline.add('candidate.local', { candidate: 'candidate:1 1 udp 1 192.0.2.1 5 typ host' });
    timeline.add('sdp.local', { type: 'offer', sdp: 'v=0' }, 'a');
    const events = parseRecording(JSON.stringify(timeline.toJSON(false)));
    expect(events).toEqual([...timeline.all()]);
  });

  test('keeps the order of what happened, not of what was told', () => {
    const timeline = new Timeline(clock());
    timeline.add('pair');
    timeline.add('dtls.connected');
    timeline.add('ice.selected', {}, undefined, 15);
    timeline.add('check', {}, undefined, 15);
    expect(timeline.all().map(({ ev }) => ev)).toEqual(['pair', 'ice.selected', 'check', 'dtls.connected']);
  });

  test('exports no host part of an address unless asked to', () => {
    const text = JSON.stringify(maskAddresses({ a: ['c 192.168.1.20 5'], b: '2001:db8::7:1', c: 'fe80::1', d: '12:30:45', o: 'IN IP4 0.0.0.0' }));
    expect(text).toBe('{"a":["c 192.168.x.x 5"],"b":"2001:x","c":"fe80:x","d":"12:30:45","o":"IN IP4 0.0.0.0"}');
  });

  test('is bounded, and gives up statistics before anything else', () => {
    const timeline = new Timeline(clock());
    timeline.add('media.local');
    for (let count = 0; count < kMaxEvents + 50; count += 1) timeline.add('stats', { count });
    expect(timeline.all().length).toBe(kMaxEvents);
    expect(timeline.all()[0]!.ev).toBe('media.local');
  });

  test.each(['', '{}', '[]', '{"v":2,"events":[]}', '{"v":1,"events":[{"at":"x"}]}', '{"v":1,"events":[7]}'])('is not replayed from %s', (text) => {
    expect(parseRecording(text)).toBeUndefined();
  });
});

describe('the view', () => {
  const at = (ms: number, ev: string, data: object = {}) => ({ at: ms, ev, data }) as never;
  const local = 'candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host';
  const remote = 'candidate:1 1 udp 2122260223 192.0.2.2 5000 typ host';
  const sdp = (ufrag: string) => ({ type: 'offer', sdp: `v=0\r\na=ice-ufrag:${ufrag}\r\n` });

  test('lights the steps up one after the other', () => {
    const events = [at(5, 'signal.sent'), at(9, 'media.local'), at(20, 'sdp.local', sdp('a')), at(30, 'candidate.local', { candidate: local })];
    const states = derive(events).steps.map((step) => step.state);
    expect(states).toEqual(['done', 'done', 'active', 'done', 'active', 'ahead', 'ahead', 'ahead', 'ahead', 'ahead']);
  });

  test('pairs the candidates of the newest round only', () => {
    const events = [
      at(1, 'sdp.local', sdp('a')), at(2, 'candidate.local', { candidate: local }), at(3, 'candidate.remote', { candidate: remote }),
      at(9, 'sdp.local', sdp('b')), at(10, 'candidate.local', { candidate: local }), at(11, 'sdp.remote', sdp('c')),
    ];
    expect(derive(events.slice(0, 3)).pairs).toHaveLength(1);
    expect(derive(events.slice(0, 4)).pairs).toHaveLength(0);
    expect(derive(events.slice(0, 5)).pairs).toHaveLength(1); // the other end's round is still the old one
    expect(derive(events).pairs).toHaveLength(0);
  });

  test('shows the newest selected pair, and the time when the first one was selected', () => {
    const pair = (id: string, type: string) => ({ id, local: { type: 'host' }, remote: { type } });
    const view = derive([
      at(1, 'sdp.local', sdp('x')), at(2, 'ice.selected', pair('O', 'host')), at(3, 'sdp.local', sdp('a')), at(5, 'ice.selected', pair('P', 'relay')), at(9, 'ice.selected', pair('Q', 'prflx')), at(30, 'ice.selected', pair('Q', 'host')),
    ]);
    expect(view.steps.find((step) => step.name === 'selected')).toMatchObject({ at: 5 });
    expect(view.selected?.data).toMatchObject(pair('Q', 'host'));
  });

  test('says where it failed', () => {
    const events = [at(1, 'sdp.local', sdp('a')), at(9, 'check', { state: 'failed', connection: 'failed' })];
    expect(derive(events).steps.find((step) => step.name === 'checks')).toEqual({ name: 'checks', state: 'failed', at: 9 });
  });

  test('shows the tracks of this end in a call, and of the far end in the lesson', () => {
    const track = (ms: number, kind: string, end?: string) => ({ at: ms, ev: 'track', data: { kind }, ...(end ? { end } : {}) });
    const kinds = (events: object[], end?: 'a') => derive(events as never, end).tracks.map(({ data }) => data.kind);
    expect(kinds([track(1, 'audio'), at(2, 'signal.received', { event: 'join' }), track(3, 'video')])).toEqual(['video']);
    expect(kinds([track(1, 'audio', 'b'), track(1, 'video', 'b')], 'a')).toEqual(['audio', 'video']);
  });

  test('looks from one of two ends', () => {
    const events = [{ at: 1, ev: 'media.local', end: 'a', data: {} }, { at: 2, ev: 'sdp.local', end: 'b', data: sdp('b') }] as never;
    expect(derive(events, 'a').sdp.local).toBeUndefined();
    expect(derive(events, 'b').sdp.local).toBeDefined();
  });
});
