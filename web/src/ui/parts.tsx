// SPDX-License-Identifier: MIT
// Small pieces that several screens share.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { kLanguages, language, setLanguage, t, type Key } from '../i18n';
import { watchLevel } from '../call/level';
import { Icon, type IconName } from './icon';
import { navigate } from './route';

/** A link inside the page: no load, but still a link that opens in a new tab. */
export function Link(props: { href: string; class?: string; children: ComponentChildren; label?: string }) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    navigate(props.href);
  };
  return (
    <a href={props.href} class={props.class} aria-label={props.label} onClick={follow}>
      {props.children}
    </a>
  );
}

export function LanguageSwitch() {
  return (
    <div class="languages" role="group" aria-label={t('language')}>
      {kLanguages.map(({ code, label }) => (
        <button
          key={code} type="button" lang={code} aria-pressed={language.value === code}
          data-testid={`lang-${code}`} onClick={() => void setLanguage(code).catch(() => undefined)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** The heading of a screen: takes the focus, so that a screen reader begins here. */
export function Heading({ children, quiet }: { children: ComponentChildren; quiet?: boolean }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => ref.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={ref} tabIndex={-1} class={quiet ? 'sr-only' : ''}>
      {children}
    </h1>
  );
}

/** A page with the brand above and its content in a readable column. */
export function Sheet({ children, wide }: { children: ComponentChildren; wide?: boolean }) {
  return (
    <div class="sheet">
      <header class="top">
        <Link href="/" class="brand" label={`Duet: ${t('home')}`}>
          <span class="mark" aria-hidden="true" />
          <span>Duet</span>
        </Link>
        <LanguageSwitch />
      </header>
      <main id="main" class={wide ? 'column wide' : 'column'}>
        {children}
      </main>
    </div>
  );
}

/** The old way, which an insecure page has as well. @returns false where the browser refuses */
function copyByHand(text: string): boolean {
  const before = document.activeElement as HTMLElement | null;
  const area = document.body.appendChild(Object.assign(document.createElement('textarea'), { value: text }));
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus();
  return done;
}

/** A button that does not move the focus out of the screen and says what it copied. */
export function CopyButton(props: { text: () => string; label: Key; testid?: string; class?: string }) {
  const said = useSignal<Key | undefined>(undefined);
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(props.text()).then(() => true, () => false);
    said.value = done || copyByHand(props.text()) ? 'copied' : 'copy_failed';
    setTimeout(() => (said.value = undefined), 4_000);
  };
  return (
    <>
      <button type="button" class={props.class ?? 'button'} data-testid={props.testid} onClick={() => void copy()}>
        <Icon name={said.value === 'copied' ? 'check' : 'copy'} />
        <span>{t(props.label)}</span>
      </button>
      <span class="said" role="status">{said.value ? t(said.value) : ''}</span>
    </>
  );
}

/** Light modules around a QR code, which readers need to find it (ISO 18004). */
const kQuiet = 4;

/** A QR code as one SVG path; the generator loads when the first one is shown. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const drawing = useSignal<{ size: number; path: string } | undefined>(undefined);
  useEffect(() => {
    let current = true;
    import('lean-qr/nano').then(({ generate }) => {
      if (!current) return;
      const code = generate(text);
      let path = '';
      for (let y = 0; y < code.size; y += 1) {
        for (let x = 0; x < code.size; x += 1) if (code.get(x, y)) path += `M${x + kQuiet} ${y + kQuiet}h1v1h-1z`;
      }
      drawing.value = { size: code.size + 2 * kQuiet, path };
    }).catch(() => undefined); // the link is there as text
    return () => void (current = false);
  }, [text]);
  const { size, path } = drawing.value ?? { size: 25, path: '' };
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#0b0f14" />
    </svg>
  );
}

/** A microphone's level as a meter; `onLevel` hears each value as well. */
export function LevelMeter(props: { track: MediaStreamTrack | undefined; onLevel?: (level: number) => void }) {
  const bar = useRef<HTMLDivElement>(null);
  const { track, onLevel } = props;
  useEffect(() => {
    const show = (level: number) => {
      const now = Math.round(level * 100);
      bar.current?.setAttribute('aria-valuenow', String(now));
      (bar.current?.firstElementChild as HTMLElement | null)?.style.setProperty('transform', `scaleX(${level})`);
      onLevel?.(level);
    };
    if (track) return watchLevel(track, show);
    return show(0);
  }, [track]);
  return (
    <div
      ref={bar} class="meter" role="meter" aria-label={t('level')}
      aria-valuemin={0} aria-valuemax={100} aria-valuenow={0} data-testid="level"
    >
      <span />
    </div>
  );
}

export interface ToggleProps {
  icon: IconName;
  label: string;
  pressed: boolean;
  onClick: () => void;
  testid: string;
  text?: string;
  class?: string;
  shortcut?: string;
}

/** A round button with two states, told to screen readers by aria-pressed. */
export function Toggle(props: ToggleProps) {
  return (
    <button
      type="button" class={`round ${props.class ?? ''}`} aria-pressed={props.pressed} aria-label={props.label}
      aria-keyshortcuts={props.shortcut} title={props.shortcut ? `${props.label} (${props.shortcut})` : props.label}
      data-testid={props.testid} onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** A drawer beside the call, or a sheet over it on a small screen; Escape and its button close it. */
export function Drawer(props: { title: string; testid: string; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const find = (query: string) => ref.current?.querySelector<HTMLElement>(query);
    (find('[data-autofocus]') ?? find('button'))?.focus();
    return () => before?.isConnected && before.focus();
  }, []);
  return (
    <section ref={ref} class="drawer" aria-label={props.title} data-testid={props.testid}>
      <div class="drawer-head">
        <h2>{props.title}</h2>
        <button type="button" class="plain" aria-label={t('close')} onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </div>
      {props.children}
    </section>
  );
}

export const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};
