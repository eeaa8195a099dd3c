// SPDX-License-Identifier: MIT
// Pickers for camera, microphone and loudspeaker, and the sentence for what is wrong with them.

import { useSignal } from '@preact/signals';
import type { Media } from '../call/media';
import { playTestSound } from '../call/level';
import { t, type Key } from '../i18n';
import { Icon } from './icon';
import { Toggle } from './parts';

interface PickerProps {
  id: string;
  label: Key;
  devices: MediaDeviceInfo[];
  value: string;
  onChoose: (id: string) => void;
}

function Picker({ id, label, devices, value, onChoose }: PickerProps) {
  const known = devices.some((device) => device.deviceId === value);
  return (
    <div class="picker">
      <label for={id}>{t(label)}</label>
      <select id={id} data-testid={id} value={known ? value : ''} disabled={devices.length === 0}
        onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{t('default_device')}</option>
        {devices.filter((device) => device.deviceId !== 'default').map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || `${t(label)} ${index + 1}`}
          </option>
        ))}
      </select>
    </div>
  );
}

export function DevicePickers({ media, prefix }: { media: Media; prefix: string }) {
  const playing = useSignal(false);
  const test = async () => {
    playing.value = true;
    await playTestSound(media.speakerId.value).catch(() => undefined);
    playing.value = false;
  };
  return (
    <div class="pickers">
      <Picker id={`${prefix}-camera`} label="camera" devices={media.of('videoinput')} value={media.cameraId.value}
        onChoose={(id) => void media.choose('video', id)} />
      <Picker id={`${prefix}-microphone`} label="microphone" devices={media.of('audioinput')}
        value={media.microphoneId.value} onChoose={(id) => void media.choose('audio', id)} />
      <Picker id={`${prefix}-speaker`} label="speaker" devices={media.of('audiooutput')} value={media.speakerId.value}
        onChoose={(id) => media.chooseSpeaker(id)} />
      <button type="button" class="button" data-testid={`${prefix}-test-sound`} disabled={playing.value}
        onClick={() => void test()}>
        <Icon name="speaker" />
        <span>{t('test_sound')}</span>
      </button>
    </div>
  );
}

/** Microphone and camera on or off: the same two buttons before, while waiting and in the call. */
export function DeviceToggles({ media, prefix }: { media: Media; prefix?: string }) {
  const microphone = media.sendingAudio.value;
  const camera = media.camera.value !== undefined;
  return (
    <>
      <Toggle icon={microphone ? 'mic' : 'micOff'} label={t('mute')} pressed={!microphone} testid={prefix ? `${prefix}-mic` : 'mic'}
        shortcut={prefix ? undefined : 'M'} class={microphone ? '' : 'off'} onClick={() => void media.setMicrophone(!microphone)} />
      <Toggle icon={camera ? 'camera' : 'cameraOff'} label={t('camera_toggle')} pressed={camera}
        testid={prefix ? `${prefix}-camera-toggle` : 'camera'} shortcut={prefix ? undefined : 'V'} class={camera ? '' : 'off'}
        onClick={() => void media.setCamera(!camera)} />
    </>
  );
}

/** One sentence per problem; the same for both kinds is said once. */
export function MediaProblems({ media, onRetry, onClose }: { media: Media; onRetry?: () => void; onClose?: () => void }) {
  const { audio, video } = media.problems.value;
  const keys = [...new Set([video, audio].filter((key) => key !== undefined))];
  return (
    <div role="alert" class={onClose && 'closable'} data-testid="media-problems">
      {keys.map((key) => (
        <p key={key} class="problem boxed" data-key={key}>{t(key)}</p>
      ))}
      {keys.length > 0 && onRetry && (
        <button type="button" class="button" data-testid="retry-media" onClick={onRetry}>
          <Icon name="refresh" />
          <span>{t('try_again')}</span>
        </button>
      )}
      {keys.length > 0 && onClose && (
        <button type="button" class="plain" aria-label={t('close')} onClick={onClose}><Icon name="close" /></button>
      )}
    </div>
  );
}

/** What went wrong since the screen came up, until it is read: who has no camera has heard so before. */
export function NewProblems({ media }: { media: Media }) {
  const known = useSignal(media.problems.peek());
  if (media.problems.value === known.value) return null;
  return <MediaProblems media={media} onClose={() => (known.value = media.problems.value)} />;
}
