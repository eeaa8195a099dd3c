// SPDX-License-Identifier: MIT
// Both languages say the same things, and the right one is chosen.
import { describe, expect, test } from 'vitest';
import { texts as authority } from '../ca/texts';
import { texts as charts } from '../charts/texts';
import { texts as lesson } from '../loop/texts';
import { fill, pickLanguage } from './index';
import { en } from './en';
import { zh } from './zh';

const places = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each([['the page', { en, zh }], ['the lesson', lesson], ['the certificate', authority], ['the charts', charts]])('the sentences of %s', (_, tables) => {
  const [english, chinese] = [tables.en, tables.zh] as Record<string, string>[];

  test('exist in both languages, with the same places to fill', () => {
    expect(Object.keys(chinese!).sort()).toEqual(Object.keys(english!).sort());
    for (const [key, sentence] of Object.entries(english!)) {
      expect(sentence.trim(), key).not.toBe('');
      expect(places(chinese![key]!), key).toEqual(places(sentence));
    }
  });

  test('name no exception', () => {
    for (const sentence of [...Object.values(english!), ...Object.values(chinese!)]) expect(sentence).not.toMatch(/Error|Exception|undefined/);
  });
});

test('every sentence is said somewhere', () => {
  const files = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../i18n/*', '!**/*.test.ts'], { query: '?raw', import: 'default', eager: true });
  const source = Object.values(files).join();
  const silent = Object.keys(en).filter((key) => !/^(step|about|path)_/.test(key) && !new RegExp(`['"]${key}['"]`).test(source));
  expect(silent).toEqual([]);
});

test('every failure a person can meet has a sentence of its own', () => {
  const keys = Object.keys(en).filter((key) => /^(gum_|ice_|sig_|refused_|dtls_|track_|mic_ended)/.test(key)) as (keyof typeof en)[];
  expect(keys.length).toBeGreaterThan(20);
  for (const table of [en, zh]) expect(new Set(keys.map((key) => table[key])).size).toBe(keys.length);
});

describe('the language', () => {
  test('is the stored one, else the first that is spoken, else English', () => {
    expect(pickLanguage('zh', ['en'])).toBe('zh');
    expect(pickLanguage('xx', ['fr-FR', 'zh-TW', 'en'])).toBe('zh');
    expect(pickLanguage(null, ['en-GB', 'zh'])).toBe('en');
    expect(pickLanguage(null, ['fr'])).toBe('en');
    expect(pickLanguage(null, [])).toBe('en');
  });

  test('fills places and leaves unknown ones', () => {
    expect(fill('{n} of {m}', { n: 0 })).toBe('0 of {m}');
  });
});
