// SPDX-License-Identifier: MIT
// Shortcuts, room names and what else the screens compute.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { boxOf } from './fit';
import { piecesOf } from './links';
import { isLoopback, networkOrigins, reachableOrigins } from './reach';
import { suggestRoom } from './room_names';
import { parseRoute, roomPath, roomProblem } from './route';
import { actionOf, typingIn } from './shortcuts';

const press = (key: string, more: object = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, isComposing: false, ...more });

describe('a shortcut', () => {
  test.each([['m', 'mic'], ['V', 'camera'], ['s', 'share'], ['c', 'chat'], ['f', 'fullscreen'], ['p', 'pip'], ['i', 'explain'], ['?', 'help'], ['Escape', 'close']])(
    '%s means %s', (key, action) => expect(actionOf(press(key), { tagName: 'BODY' })).toBe(action),
  );

  test('is off while a person types, except to close', () => {
    for (const target of [{ tagName: 'INPUT', type: 'text' }, { tagName: 'TEXTAREA' }, { tagName: 'SELECT' }, { tagName: 'DIV', isContentEditable: true }]) {
      expect(typingIn(target)).toBe(true);
      expect(actionOf(press('m'), target)).toBeUndefined();
      expect(actionOf(press('Escape'), target)).toBe('close');
    }
    expect(actionOf(press('m'), { tagName: 'BUTTON' })).toBe('mic');
  });

  test('is none with a modifier, when held down, or on the space bar', () => {
    for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { repeat: true }]) expect(actionOf(press('c', more), null)).toBeUndefined();
    expect(actionOf(press(' '), null)).toBeUndefined();
  });

  test('is none while a word is composed from several keys: Escape ends that alone', () => {
    expect(actionOf(press('Escape', { isComposing: true }), { tagName: 'INPUT', type: 'text' })).toBeUndefined();
  });
});

describe('a room', () => {
  test.each(['green-otter', ' two words ', '房间', 'a/b?c#d', '%41', '..', 'é'])('keeps its name through its link: %s', (room) => {
    expect(parseRoute(roomPath(room))).toEqual({ page: 'room', room });
  });

  test('has a name of 1 to 256 bytes', () => {
    expect(roomProblem('')).toBe('room_empty');
    expect(roomProblem('x'.repeat(256))).toBeUndefined();
    expect(roomProblem('房'.repeat(86))).toBe('room_long');
  });

  test('with a broken link leads home, where a sentence says what is wrong', () => {
    expect(parseRoute('/r/%E4%BD')).toEqual({ page: 'home', problem: 'room_broken' });
    for (const path of ['/r', '/r/']) expect(parseRoute(path)).toEqual({ page: 'home', problem: 'room_empty' });
    expect(parseRoute(`/r/${'x'.repeat(257)}`)).toEqual({ page: 'home', problem: 'room_long' });
    expect(parseRoute('/rooms')).toEqual({ page: 'home' });
  });

  test.each(['loop', 'ca'])('is not what /%s names, with or without a slash at its end', (page) => {
    for (const path of [`/${page}`, `/${page}/`]) expect(parseRoute(path)).toEqual({ page });
    expect(parseRoute(`/${page}/x`)).toEqual({ page: 'home' });
  });

  test('is suggested from the whole of the list', () => {
    const first = suggestRoom(() => 0);
    const last = suggestRoom((bound) => bound - 1);
    expect(first).toBe('amber-badger-1000-a');
    expect(last).toMatch(/^wise-zebra-9999-z$/);
  });
});

describe('a link for somebody else', () => {
  const here = { hostname: 'localhost', origin: 'http://localhost:2022' } as Location;
  const answer = (told: unknown, ok = true) => vi.stubGlobal('fetch', async () => ({ ok, json: async () => told }));
  afterEach(() => void vi.unstubAllGlobals());

  test('names the addresses on the network where the page was opened as localhost', async () => {
    answer({ urls: ['https://192.0.2.7:2022', 'https://198.51.100.7:2022'] });
    expect(await reachableOrigins(here)).toEqual(['https://192.0.2.7:2022', 'https://198.51.100.7:2022']);
  });

  test('keeps the address that the page was opened at from elsewhere, and asks nobody', async () => {
    vi.stubGlobal('fetch', () => expect.unreachable());
    for (const hostname of ['duet.example', '192.168.1.20', '[2001:db8::1]', 'localhost.example', '127.example']) {
      expect(await reachableOrigins({ hostname, origin: 'https://here' } as Location)).toEqual(['https://here']);
    }
  });

  test('falls back to what there is: behind a proxy, with own files, without a network, on nonsense', async () => {
    answer('', false);
    expect(await reachableOrigins(here)).toEqual([here.origin]);
    for (const told of [undefined, null, 7, {}, { urls: 'https://x' }, { urls: [] }, { urls: ['http://localhost', 7, null] }]) {
      answer(told);
      expect(await reachableOrigins(here)).toEqual([here.origin]);
      expect(networkOrigins(told)).toEqual([]);
    }
    vi.stubGlobal('fetch', () => Promise.reject(new Error('gone')));
    expect(await reachableOrigins(here)).toEqual([here.origin]);
  });

  test('knows every name of this machine', () => {
    for (const host of ['localhost', 'duet.localhost', '127.0.0.1', '127.1.2.3', '[::1]']) expect(isLoopback(host), host).toBe(true);
  });
});

describe('the picture of the other one', () => {
  const wide = { width: 1280, height: 720 };

  test('fills the stage where little of it is cut off', () => {
    for (const stage of [wide, { width: 1024, height: 768 }, { width: 1280, height: 1200 }, { width: 2560, height: 1080 }]) {
      expect(boxOf(wide, stage)).toEqual({});
    }
    expect(boxOf({ width: 720, height: 1280 }, { width: 390, height: 844 })).toEqual({});
  });

  test('is cut at most by two fifths: a laptop seen on a phone, a phone seen on a laptop', () => {
    const { maxHeight } = boxOf(wide, { width: 390, height: 844 });
    expect(390 / ((maxHeight! * 16) / 9)).toBeCloseTo(0.6, 2);
    const { maxWidth } = boxOf({ width: 720, height: 1280 }, wide);
    expect(720 / ((maxWidth! * 16) / 9)).toBeCloseTo(0.6, 2);
  });

  test('that has no size yet is left alone', () => {
    expect(boxOf({ width: 0, height: 0 }, wide)).toEqual({});
  });
});

describe('a text with addresses', () => {
  const links = (text: string) => piecesOf(text).filter(({ link }) => link).map((piece) => piece.text);

  test.each([
    ['see https://duet.example/r/a?b=c#d.', ['https://duet.example/r/a?b=c#d']],
    ['(at http://192.0.2.1:2022/) or https://e.example/x_(y)', ['http://192.0.2.1:2022/', 'https://e.example/x_(y)']],
    ['请看https://duet.example/房间。谢谢', ['https://duet.example/房间']],
    ['“https://duet.example”, "https://a.example"', ['https://duet.example', 'https://a.example']],
    ['javascript:alert(1) data:text/html,x http:// duet.example ftp://x', []],
  ])('has links in %s', (text, expected) => expect(links(text)).toEqual(expected));

  test('keeps every character', () => {
    for (const text of ['', 'no link', 'https://a.example', 'x https://a.example, y\nhttps://b.example!']) {
      expect(piecesOf(text).map((piece) => piece.text).join('')).toBe(text);
    }
  });
});
