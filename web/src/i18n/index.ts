// SPDX-License-Identifier: MIT
// The page's language: the browser's at first, the person's choice from then on.

import { computed, signal } from '@preact/signals';
import type { Key } from './en';

export type { Key } from './en';
export type Language = 'en' | 'zh';
export const kLanguages: readonly { code: Language; label: string }[] = [
  { code: 'en', label: 'English' },
  { code: 'zh', label: '中文' },
];

const kStorageKey = 'duet.lang';
type Table = Record<Key, string>;
/** Each language is a file of its own: a reader loads the one they read. */
const loaders: Record<Language, () => Promise<Table>> = {
  en: () => import('./en').then((module) => module.en),
  zh: () => import('./zh').then((module) => module.zh),
};
const tables: Partial<Record<Language, Table>> = {};

/** The first of the browser's languages that the page speaks; English if it speaks none. */
export function pickLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (stored === 'en' || stored === 'zh') return stored;
  for (const tag of wanted) {
    const code = tag.toLowerCase().split('-')[0];
    if (code === 'en' || code === 'zh') return code;
  }
  return 'en';
}

/** Puts values into `{name}` places; an unknown place stays as it is. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function stored(): string | null {
  try {
    return localStorage.getItem(kStorageKey);
  } catch {
    return null;
  }
}

export const language = signal<Language>(
  typeof navigator === 'undefined' ? 'en' : pickLanguage(stored(), navigator.languages ?? []),
);
const table = computed(() => tables[language.value]);

/** Call once before t(); again it costs nothing. */
export async function loadLanguage(code: Language = language.value): Promise<void> {
  tables[code] ??= await loaders[code]();
}

export async function setLanguage(code: Language): Promise<void> {
  await loadLanguage(code);
  language.value = code;
  try {
    localStorage.setItem(kStorageKey, code);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** The sentence for `key` in the language of now; a component that calls it follows changes. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(table.value?.[key] ?? '', values);
}

/** The same for the sentences that only one part of the page needs. */
export function speaker<K extends string>(texts: Record<Language, Record<K, string>>): (key: K) => string {
  return (key) => texts[language.value][key];
}
