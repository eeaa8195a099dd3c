// SPDX-License-Identifier: MIT
// A prompt that is answered late: what it opens is given back, and nobody enters a room they left.
import { signal } from '@preact/signals';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lesson } from '../loop/lesson';
import { Timeline } from '../timeline/events';
import { Media } from './media';
import { Call } from './session';

class FakeTrack extends EventTarget {
  readyState = 'live';
  enabled = true;
  label = '';

  constructor(readonly kind: 'audio' | 'video') {
    super();
  }

  stop() {
    this.readyState = 'ended';
  }

  getSettings() {
    return {};
  }
}

let opened: FakeTrack[] = [];
let shown: EventTarget & { visibilityState: string };
/** Answers the prompts that are open: with devices, or with an error's name. */
let answer: (error?: string) => Promise<void>;

beforeEach(() => {
  opened = [];
  let prompts: ((error?: string) => void)[] = [];
  answer = async (error) => {
    for (const prompt of prompts.splice(0)) prompt(error);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const ask = (asked: MediaStreamConstraints) =>
    new Promise((resolve, reject) => {
      prompts.push((error) => {
        if (error) return reject(Object.assign(new Error(), { name: error }));
        const tracks = (['audio', 'video'] as const).filter((kind) => asked[kind]).map((kind) => new FakeTrack(kind));
        opened.push(...tracks);
        resolve({ getTracks: () => tracks, getVideoTracks: () => tracks.filter(({ kind }) => kind === 'video') });
      });
    });
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia: vi.fn(ask), getDisplayMedia: vi.fn(ask), enumerateDevices: async () => [],
  });
  shown = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('window', { isSecureContext: true });
  vi.stubGlobal('document', shown);
  vi.stubGlobal('navigator', { mediaDevices });
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => void vi.unstubAllGlobals());

const lit = () => opened.filter(({ readyState }) => readyState === 'live').map(({ kind }) => kind);
const prompts = () => vi.mocked(navigator.mediaDevices.getUserMedia).mock.calls.length;

test('devices open, and close() gives them back', async () => {
  const media = new Media();
  void media.open({ audio: true, video: true });
  await answer();
  expect(lit()).toEqual(['audio', 'video']);
  media.close();
  expect(lit()).toEqual([]);
});

test('what a prompt brings after close() goes off at once, and nothing more is asked', async () => {
  const media = new Media();
  void media.open({ audio: true, video: true });
  media.close();
  await answer();
  expect([opened.length, lit()]).toEqual([2, []]);
  void media.open({ audio: true, video: true });
  media.close();
  await answer('NotFoundError');
  expect([prompts(), media.problems.value]).toEqual([2, {}]);
});

test('a screen chosen after close() is not shared', async () => {
  const media = new Media();
  void media.shareScreen();
  media.close();
  await answer();
  expect([opened.length, lit(), media.screen.value]).toEqual([1, [], undefined]);
});

test('a camera that was unplugged is sought again when the page is looked at, but not after the call', async () => {
  const media = new Media();
  void media.open({ audio: false, video: true });
  await answer();
  opened[0]!.dispatchEvent(new Event('ended'));
  expect(media.problems.value).toEqual({ video: 'track_ended' });
  shown.dispatchEvent(new Event('visibilitychange'));
  expect(prompts()).toBe(2);
  await answer('NotFoundError');
  void media.open({ audio: false, video: true });
  await answer();
  opened[1]!.dispatchEvent(new Event('ended'));
  media.close();
  shown.dispatchEvent(new Event('visibilitychange'));
  expect(prompts()).toBe(3);
});

test('whose page went elsewhere takes no seat', async () => {
  const makeSocket = vi.fn();
  const tokens = { get: () => undefined, set: () => undefined, clear: () => undefined };
  const call = new Call({ room: 'r', makeSocket, tokens, name: signal('') });
  const entering = call.media.open({ audio: true, video: true }).then(() => call.enter());
  call.destroy();
  await answer();
  await entering;
  expect([makeSocket.mock.calls.length, call.phase.value, lit()]).toEqual([0, 'green', []]);
});

test('the lesson opens devices once, and gives back what comes after it was left', async () => {
  const lesson = new Lesson(new Timeline());
  void lesson.start();
  void lesson.start();
  expect([prompts(), lesson.state.value]).toEqual([1, 'asking']);
  await answer();
  expect([lit(), lesson.state.value]).toEqual([['audio', 'video'], 'started']);
  lesson.hangUp();
  expect(lit()).toEqual([]);
  void lesson.start();
  lesson.hangUp();
  await answer();
  expect([opened.length, lit(), lesson.local.value]).toEqual([4, [], undefined]);
});
