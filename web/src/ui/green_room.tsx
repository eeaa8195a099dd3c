// SPDX-License-Identifier: MIT
// Before the call: see oneself, choose devices, hear a test sound, and enter with or without them.

import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Call } from '../call/session';
import { t } from '../i18n';
import { DevicePickers, DeviceToggles, MediaProblems } from './devices';
import { Icon } from './icon';
import { Heading, LevelMeter, Sheet } from './parts';
import { myName, setMyName } from './preferences';
import { VideoView } from './video';

export interface GreenRoomProps {
  call: Call;
  /** Opens the devices; after a reload the call that goes on does. */
  asks: boolean;
  onJoin: () => void;
  /** Takes over the call from this browser's other tab, where there is one. */
  onMove: (() => void) | undefined;
}

/** Silence for this long, in 100 ms looks, means a wrong or dead microphone. */
const kSilentLooks = 50;

export function GreenRoom({ call, asks, onJoin, onMove }: GreenRoomProps) {
  const { media } = call;
  const silent = useSignal(0);
  const preview = useComputed(() => (media.camera.value ? new MediaStream([media.camera.value]) : undefined));
  useEffect(() => {
    if (asks) void media.open({ audio: true, video: media.cameraWanted.value });
  }, []);
  const camera = media.camera.value !== undefined;
  const microphone = media.sendingAudio.value;
  const nothing = !media.camera.value && !media.microphone.value;
  return (
    <Sheet wide>
      <Heading>{t('green_title')}</Heading>
      <p class="lead break">{t('room_is', { room: call.name })}</p>
      {onMove && (
        <div class="notice" role="status" data-testid="own-tab">
          <p>{t('own_tab')}</p>
          <button type="button" class="button" data-testid="move-here" onClick={onMove}>{t('move_here')}</button>
        </div>
      )}
      <div class="green">
        <div class="stage">
          {camera ? (
            <VideoView stream={preview.value} label={t('preview')} muted class="mirror" testid="preview" />
          ) : (
            <div class="stage-empty"><Icon name="cameraOff" /><span>{t('camera_off')}</span></div>
          )}
          <div class="stage-bar"><DeviceToggles media={media} prefix="green" /></div>
        </div>
        <form class="card" onSubmit={(event) => { event.preventDefault(); onJoin(); }}>
          <MediaProblems media={media}
            onRetry={() => void media.open({ audio: true, video: media.cameraWanted.value })} />
          {media.microphone.value && <LevelMeter track={media.microphone.value} onLevel={(level) => {
            silent.value = level > 0.02 || !media.unmuted.value ? 0 : Math.min(kSilentLooks, silent.value + 1);
          }} />}
          <p class="hint" role="status">
            {media.microphone.value && t(silent.value >= kSilentLooks ? 'mic_silent' : microphone ? 'mic_on' : 'mic_off')}
          </p>
          <DevicePickers media={media} prefix="green" />
          <label for="name">{t('your_name')}</label>
          <input id="name" data-testid="name" maxLength={60} autocomplete="name" value={myName.value}
            onInput={(event) => setMyName(event.currentTarget.value)} />
          <button type="submit" class="button primary block" data-testid="enter">
            {nothing && !media.busy.value ? t('join_no_media') : t('join')}
          </button>
        </form>
      </div>
    </Sheet>
  );
}
