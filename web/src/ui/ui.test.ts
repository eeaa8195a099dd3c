// SPDX-License-Identifier: MIT
// Shortcuts, room names and what else the screens compute.
import { describe, expect, test } from 'vitest';
import { suggestRoom } from './room_names';
import { parseRoute, roomPath, roomProblem } from './route';
import { actionOf, typingIn } from './shortcuts';

const press = (key: string, more: object = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more });

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

  test('with a broken link leads home', () => {
    expect(parseRoute('/r/%E4%BD')).toEqual({ page: 'home' });
    expect(parseRoute('/r/')).toEqual({ page: 'home' });
    expect(parseRoute('/loop')).toEqual({ page: 'loop' });
  });

  test('is suggested from the whole of the list', () => {
    const first = suggestRoom(() => 0);
    const last = suggestRoom((bound) => bound - 1);
    expect(first).toBe('amber-badger-1000-a');
    expect(last).toMatch(/^wise-zebra-9999-z$/);
  });
});
