// SPDX-License-Identifier: MIT
// Which action a key means; none while a person types, holds a modifier, or composes a word from several keys.

export type Action = 'mic' | 'camera' | 'share' | 'chat' | 'fullscreen' | 'pip' | 'explain' | 'help' | 'close';

const kKeys: Record<string, Action> = {
  m: 'mic', v: 'camera', s: 'share', c: 'chat', f: 'fullscreen', p: 'pip', i: 'explain', '?': 'help', escape: 'close',
};

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  /** Belongs to an input method, whose Escape drops a word and closes nothing. */
  isComposing: boolean;
}

export interface Target {
  tagName?: string;
  isContentEditable?: boolean;
  type?: string;
}

/** Does a key pressed on `target` write, or choose from a list by its first letter? */
export function typingIn(target: Target | null): boolean {
  const tag = target?.tagName?.toLowerCase();
  if (tag === 'input') return !['button', 'checkbox', 'radio', 'range', 'submit'].includes(target?.type ?? 'text');
  return tag === 'textarea' || tag === 'select' || target?.isContentEditable === true;
}

export function actionOf(press: KeyPress, target: Target | null): Action | undefined {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat || press.isComposing) return undefined;
  const action = kKeys[press.key.toLowerCase()];
  return typingIn(target) && action !== 'close' ? undefined : action;
}
