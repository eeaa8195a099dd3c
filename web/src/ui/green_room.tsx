// SPDX-License-Identifier: MIT
// Before the call: see oneself, choose devices, hear a test sound, and enter with or without them.

import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Call } from '../call/session';
import { t } from '../i18n';
import { DevicePickers, MediaProblems } from './devices';
import { Icon } from './icon';
import { Heading, LevelMeter, Sheet, Toggle } from './parts';
import { myName, setMyName } from './preferences';
import { VideoView } from './video';

export interface GreenRoomProps {
  call: Call;
  onJoin: () => void;
  /** Takes over the call from this browser's other tab, where there is one. */
  onMove: (() => void) | undefined;
}

/** Silence for this long, in 100 ms looks, means a wrong or dead microphone. */
const kSilentLooks = 50;

export function GreenRoom({ call, onJoin, onMove }: GreenRoomProps) {
  const { media } = call;
  const silent = useSignal(0);
  const preview = useComputed(() => (media.camera.value ? new MediaStream([media.camera.value]) : undefined));
  useEffect(() => void media.open({ audio: true, video: media.cameraWanted.value }), []);
  const camera = media.camera.value !== undefined;
  const microphone = media.sendingAudio.value;
  const nothing = !media.camera.value && !media.microphone.value;
  return (
    <Sheet wide>
      <Heading>{t('green_title')}</Heading>
      <p class="lead break">{t('room_is', { room: call.name })}</p>
      <div class="green">
        <div class="stage">
          {camera ? (
            <VideoView stream={preview.value} label={t('preview')} muted class="mirror" testid="preview" />
          ) : (
            <div class="stage-empty"><Icon name="cameraOff" /><span>{t('camera_off')}</span></div>
          )}
          <div class="stage-bar">
            <Toggle icon={microphone ? 'mic' : 'micOff'} label={t('mute')} pressed={!microphone} testid="green-mic"
              class="on-video" onClick={() => void media.setMicrophone(!microphone)} />
            <Toggle icon={camera ? 'camera' : 'cameraOff'} label={t('camera_toggle')} pressed={camera}
              testid="green-camera-toggle" class="on-video" onClick={() => void media.setCamera(!camera)} />
          </div>
        </div>
        <form class="card" onSubmit={(event) => { event.preventDefault(); onJoin(); }}>
          <MediaProblems media={media}
            onRetry={() => void media.open({ audio: true, video: media.cameraWanted.value })} />
          <LevelMeter track={media.microphone.value} onLevel={(level) => {
            silent.value = level > 0.02 || !media.unmuted.value ? 0 : Math.min(kSilentLooks, silent.value + 1);
          }} />
          <p class="hint" role="status">
            {media.microphone.value && silent.value >= kSilentLooks ? t('mic_silent') : t(microphone ? 'mic_on' : 'mic_off')}
          </p>
          <DevicePickers media={media} prefix="green" />
          <label for="name">{t('your_name')}</label>
          <input id="name" data-testid="name" maxLength={60} autocomplete="name" value={myName.value}
            onInput={(event) => setMyName(event.currentTarget.value)} />
          {onMove && (
            <div class="notice" role="status" data-testid="own-tab">
              <p>{t('own_tab')}</p>
              <button type="button" class="button" data-testid="move-here" onClick={onMove}>{t('move_here')}</button>
            </div>
          )}
          <button type="submit" class="button primary block" data-testid="enter">
            {nothing && !media.busy.value ? t('join_no_media') : t('join')}
          </button>
        </form>
      </div>
    </Sheet>
  );
}
