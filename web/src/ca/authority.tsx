// SPDX-License-Identifier: MIT
// /ca: how to trust this server's own certificate, system by system.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from '../ui/icon';
import { Heading, QrCode, Sheet } from '../ui/parts';
import { networkOrigins } from '../ui/reach';
import { say, type TextKey } from './texts';

interface Info {
  name: string;
  fingerprint: string;
  urls: string[];
}

const kSystems: readonly [TextKey, TextKey][] = [
  ['ca_windows', 'ca_windows_steps'],
  ['ca_macos', 'ca_macos_steps'],
  ['ca_ios', 'ca_ios_steps'],
  ['ca_android', 'ca_android_steps'],
  ['ca_linux', 'ca_linux_steps'],
  ['ca_firefox', 'ca_firefox_steps'],
];

/** Opens the reader's own system first. */
export function systemOf(agent: string): TextKey {
  if (/iPhone|iPad/.test(agent)) return 'ca_ios';
  if (/Android/.test(agent)) return 'ca_android';
  if (/Firefox/.test(agent)) return 'ca_firefox';
  if (/Windows/.test(agent)) return 'ca_windows';
  return /Macintosh/.test(agent) ? 'ca_macos' : 'ca_linux';
}

function parseInfo(value: unknown): Info | undefined {
  const { name, fingerprint } = (value ?? {}) as Record<string, unknown>;
  if (typeof fingerprint !== 'string') return undefined;
  return { name: typeof name === 'string' ? name : '', fingerprint, urls: networkOrigins(value) };
}

export function Authority() {
  const title = say('ca_title');
  useEffect(() => void (document.title = `${title} · Duet`), [title]);
  const info = useSignal<Info | 'loading' | 'own' | 'failed'>('loading');
  useEffect(() => {
    void fetch('/ca/info')
      .then(async (answer) => {
        if (answer.status === 404) return (info.value = 'own');
        return (info.value = (answer.ok && parseInfo(await answer.json())) || 'failed');
      })
      .catch(() => (info.value = 'failed'));
  }, []);
  const known = typeof info.value === 'object' ? info.value : undefined;
  const here = systemOf(navigator.userAgent);
  const address = location.protocol === 'https:' ? location.origin : (known?.urls[0] ?? `https://${location.host}`);
  return (
    <Sheet wide>
      <Heading>{title}</Heading>
      <div role="status">
        {info.value === 'own' && <p class="lead" data-testid="ca-own">{say('ca_own_files')}</p>}
        {info.value === 'failed' && <p class="problem boxed">{say('ca_unreachable')}</p>}
      </div>
      {known && (
        <>
          <p class="lead">{say('cert_untrusted')}</p>
          <div class="ca-grid">
            <section class="card">
              <a class="button primary block" href="/ca.crt" download="duet-ca.crt" data-testid="ca-download">{say('ca_download')}</a>
              <p class="hint">{known.name}</p>
              <h2>{say('ca_fingerprint')}</h2>
              <p class="fingerprint" data-testid="ca-fingerprint">{known.fingerprint}</p>
              <p class="hint">{say('ca_compare')}</p>
              <p class="hint">{say('ca_limits')}</p>
            </section>
            <section class="card center">
              <h2>{say('ca_qr')}</h2>
              <QrCode text={`${address}/ca`} label={say('ca_qr')} />
              <p class="break hint">{address}/ca</p>
              {known.urls.length > 0 && (
                <>
                  <h2>{say('ca_addresses')}</h2>
                  <ul class="plain-list">{known.urls.map((url) => <li key={url}><a href={url}>{url}</a></li>)}</ul>
                </>
              )}
            </section>
          </div>
          <div class="card">
            {kSystems.map(([name, steps]) => (
              <details key={name} open={name === here}>
                <summary><Icon name="shield" /><span>{say(name)}</span></summary>
                <p>{say(steps)}</p>
                {name === 'ca_ios' && <p class="notice">{say('ios_trust')}</p>}
              </details>
            ))}
          </div>
        </>
      )}
    </Sheet>
  );
}
