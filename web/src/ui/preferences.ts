// SPDX-License-Identifier: MIT
// What a person told the page about themselves, kept in this browser only.

import { signal } from '@preact/signals';

const kNameKey = 'duet.name';

function read(): string {
  try {
    return localStorage.getItem(kNameKey) ?? '';
  } catch {
    return '';
  }
}

export const myName = signal(typeof localStorage === 'undefined' ? '' : read());

export function setMyName(name: string): void {
  myName.value = name;
  try {
    localStorage.setItem(kNameKey, name);
  } catch {
    // Without storage the name lasts as long as the page.
  }
}
