// SPDX-License-Identifier: MIT
// Seated and alone (or on the way there): the link for the other one, as text, share and QR code.

import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { playTestSound } from '../call/level';
import type { Call } from '../call/session';
import { t } from '../i18n';
import { DeviceToggles, NewProblems } from './devices';
import { Icon } from './icon';
import { CopyButton, Heading, QrCode, Sheet } from './parts';
import { reachableOrigins } from './reach';
import { roomPath } from './route';
import { Banners, stateSentence } from './status';
import { VideoView } from './video';

export function Waiting({ call, onLeave }: { call: Call; onLeave: () => void }) {
  const { media } = call;
  const origins = useSignal<string[]>([]);
  const chosen = useSignal(0);
  useEffect(() => void reachableOrigins().then((found) => (origins.value = found)), []);
  const origin = origins.value[chosen.value];
  const link = `${origin}${roomPath(call.name)}`;
  const mine = useComputed(() => (media.camera.value ? new MediaStream([media.camera.value]) : undefined));
  const { phase, why } = call.state.value;
  // Who went on to another tab meanwhile hears that somebody is here.
  useEffect(() => {
    if (phase === 'connecting' && document.hidden) void playTestSound(media.speakerId.value).catch(() => undefined);
  }, [phase]);
  const share = () => void navigator.share({ title: 'Duet', url: link }).catch(() => undefined);
  return (
    <Sheet>
      <div class="card center" data-testid="waiting" data-phase={phase}>
        <div class="row">
          {mine.value && (
            <VideoView stream={mine.value} label={t('preview')} muted class="mirror small-preview" testid="waiting-preview" />
          )}
          <DeviceToggles media={media} prefix="waiting" />
        </div>
        <NewProblems media={media} />
        <Heading>{t('room_is', { room: call.name })}</Heading>
        {why === 'peer_gone' && phase === 'waiting' && <p class="notice">{t('peer_gone')}</p>}
        <p class="lead">{stateSentence(call)}</p>
        <Banners call={call} />
        {phase === 'waiting' && origin && (
          <>
            {origins.value.length > 1 && (
              <select data-testid="origin" aria-label={t('address')} onChange={(event) => (chosen.value = event.currentTarget.selectedIndex)}>
                {origins.value.map((one) => <option key={one}>{one}</option>)}
              </select>
            )}
            <label for="link" class="sr-only">{t('link')}</label>
            <input id="link" data-testid="link" readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
            <div class="row">
              <CopyButton text={() => link} label="copy_link" testid="copy-link" class="button primary" />
              {'share' in navigator && (
                <button type="button" class="button" data-testid="share-link" onClick={share}>
                  <Icon name="share" />
                  <span>{t('share_link')}</span>
                </button>
              )}
            </div>
            <p class="hint">{t('link_once')}</p>
            <QrCode text={link} label={t('qr_link')} />
          </>
        )}
        {phase !== 'waiting' && <div class="spinner" aria-hidden="true" />}
        <button type="button" class="button" data-testid="leave" onClick={onLeave}>{t('leave')}</button>
      </div>
    </Sheet>
  );
}
