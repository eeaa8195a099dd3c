// SPDX-License-Identifier: MIT
// The call itself: the other one large, oneself small, the bar of controls, and drawers beside.

import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { watchLevel } from '../call/level';
import type { Call } from '../call/session';
import { t, type Key } from '../i18n';
import { recordFirstFrame } from '../timeline/recorder';
import { ChatPanel } from './chat_panel';
import { DevicePickers, DeviceToggles, NewProblems } from './devices';
import { fitPicture } from './fit';
import { Icon } from './icon';
import { lazy } from './lazy';
import { OwnTile } from './own_tile';
import { Drawer, Heading, LanguageSwitch, LevelMeter, Toggle, clock } from './parts';
import { actionOf, type Action } from './shortcuts';
import { Banners, stateSentence } from './status';
import { VideoView } from './video';

const loadTimeline = () => import('../timeline/panel').then((module) => module.TimelinePanel);
const TimelinePanel = lazy(loadTimeline);

type Panel = 'chat' | 'explain' | 'settings' | 'help' | 'quality';

/** The bar hides after this without input, ms. */
const kBarHides = 4_000;
/** Talking for this many 100 ms looks while muted brings a reminder. */
const kTalkLooks = 8;

const kHelp: readonly [string, Key][] = [
  ['M', 'key_m'], ['V', 'key_v'], ['S', 'key_s'], ['C', 'chat'], ['F', 'fullscreen'], ['P', 'pip'],
  ['I', 'explain'], ['?', 'key_help'], ['Esc', 'key_esc'],
];

export function InCall({ call, onHangUp }: { call: Call; onHangUp: () => void }) {
  const { media, chat } = call;
  const panel = useSignal<Panel | undefined>(undefined);
  const menu = useSignal(false);
  const idle = useSignal(false);
  const toast = useSignal<{ key: Key; text: string } | undefined>(undefined);
  const resumePlay = useSignal<(() => void) | undefined>(undefined);
  const tick = useSignal(0);
  const root = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const more = useRef<HTMLButtonElement>(null);
  const remote = useSignal<HTMLVideoElement | undefined>(undefined);
  const mine = useComputed(() => (media.outgoingVideo.value ? new MediaStream([media.outgoingVideo.value]) : undefined));

  const say = (key: Key, values: Record<string, string> = {}) => {
    toast.value = { key, text: t(key, values) };
  };
  useEffect(() => {
    if (!toast.value) return;
    const timer = setTimeout(() => (toast.value = undefined), 5_000);
    return () => clearTimeout(timer);
  }, [toast.value]);
  /** The focus goes back to the menu's button, and from there to where it was before a drawer. */
  const closeMenu = () => {
    if (menu.value) more.current?.focus();
    menu.value = false;
  };
  const show = (which: Panel) => {
    closeMenu();
    panel.value = panel.value === which ? undefined : which;
  };

  const share = async () => {
    if (media.screen.value) return media.stopScreen();
    if (!(await media.shareScreen())) say('share_failed');
  };
  const fullscreen = () => {
    closeMenu();
    if (document.fullscreenElement) void document.exitFullscreen();
    else void root.current?.requestFullscreen?.().catch(() => undefined);
  };
  const pip = () => {
    closeMenu();
    if (document.pictureInPictureElement) void document.exitPictureInPicture();
    else void remote.peek()?.requestPictureInPicture?.().catch(() => undefined);
  };
  const act: Record<Action, () => void> = {
    mic: () => void media.setMicrophone(!media.sendingAudio.value),
    camera: () => void media.setCamera(!media.camera.value),
    share: () => void share(),
    chat: () => show('chat'),
    explain: () => show('explain'),
    help: () => show('help'),
    fullscreen,
    pip,
    close: () => {
      if (menu.value) closeMenu();
      else panel.value = undefined;
    },
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = actionOf(event, event.target as HTMLElement | null);
      if (!action) return;
      event.preventDefault();
      act[action]();
    };
    let timer: ReturnType<typeof setTimeout>;
    const onInput = () => {
      idle.value = false;
      clearTimeout(timer);
      timer = setTimeout(() => (idle.value = true), kBarHides);
    };
    // A press that brings the bar back presses none of its buttons, though they are there before it ends.
    let unseen = false;
    const onPress = () => (unseen = getComputedStyle(bar.current!).pointerEvents === 'none');
    const onClick = (event: MouseEvent) => {
      if (unseen && event.detail > 0 && bar.current?.contains(event.target as Node)) event.stopPropagation();
      unseen = false;
    };
    const onElsewhere = ({ target }: Event) => {
      if (!(target as Element).closest?.('.menu-holder')) menu.value = false;
    };
    onInput();
    void loadTimeline().catch(() => undefined); // there when it is wanted, even if the server is gone by then
    addEventListener('keydown', onKey);
    addEventListener('pointerdown', onPress, true);
    addEventListener('click', onClick, true);
    for (const name of ['pointermove', 'pointerdown', 'keydown', 'focusin']) addEventListener(name, onInput);
    for (const name of ['pointerdown', 'focusin']) addEventListener(name, onElsewhere);
    const seconds = setInterval(() => (tick.value += 1), 1_000);
    return () => {
      clearTimeout(timer);
      clearInterval(seconds);
      removeEventListener('keydown', onKey);
      removeEventListener('pointerdown', onPress, true);
      removeEventListener('click', onClick, true);
      for (const name of ['pointerdown', 'focusin']) removeEventListener(name, onElsewhere);
      for (const name of ['pointermove', 'pointerdown', 'keydown', 'focusin']) removeEventListener(name, onInput);
    };
  }, []);

  const { screen } = call.peerMedia.value ?? {};
  useEffect(() => {
    if (remote.value && !screen) return fitPicture(remote.value);
    return undefined;
  }, [remote.value, screen]);

  // A word to who talks while muted.
  const microphone = media.microphone.value;
  useEffect(() => {
    if (!microphone) return;
    let loud = 0;
    return watchLevel(microphone, (level) => {
      loud = !media.unmuted.value && level > 0.55 ? loud + 1 : 0;
      if (loud === kTalkLooks) say('muted_talking');
    });
  }, [microphone]);

  // What the other one wrote while the chat was closed.
  const newest = chat.messages.value.at(-1);
  useEffect(() => {
    if (newest?.from === 'peer' && panel.value !== 'chat') say('new_message', { text: newest.text.slice(0, 120) });
  }, [newest?.id]);

  const { phase, connectedAt } = call.state.value;
  const peer = call.peerMedia.value;
  const cameraOff = phase !== 'reconnecting' && (peer ? !peer.video : !call.framesFlow.value);
  const trouble = phase === 'reconnecting';
  const left = call.secondsLeft.value;
  const unread = panel.value === 'chat' ? 0 : chat.unread.value;
  const sharing = media.screen.value !== undefined;
  const canShare = typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  const canFill = document.fullscreenEnabled;
  const canPip = 'pictureInPictureEnabled' in document && document.pictureInPictureEnabled;
  const absent = `${canShare ? '' : 'S'}${canFill ? '' : 'F'}${canPip ? '' : 'P'}`; // keys without an effect here
  const verdict = call.verdict.value;
  const path = call.path.value && t(`path_${call.path.value}`);
  const qualityText = t(verdict.cause ?? 'quality_good');
  void tick.value;
  const hidden = idle.value && !panel.value && !menu.value && !trouble;

  return (
    <div ref={root} class={`call ${panel.value ? 'with-panel' : ''} ${hidden ? 'idle' : ''}`} data-testid="call" data-phase={phase}
      data-path={call.path.value}>
      <main id="main" class="call-stage">
        <Heading quiet>{t('room_is', { room: call.name })}</Heading>
        <VideoView
          stream={call.remoteStream.value} label={t('remote_video')} testid="remote-video"
          class={`remote ${trouble ? 'dim' : ''} ${cameraOff ? 'off' : ''} ${peer?.screen ? 'fit' : ''}`}
          speakerId={media.speakerId.value}
          onBlocked={(play) => (resumePlay.value = play)}
          onElement={(element) => {
            remote.value = element;
            recordFirstFrame(element, (width, height) => call.noteFirstFrame(width, height));
          }}
        />
        {cameraOff && (
          <div class="stage-empty large"><Icon name="cameraOff" /><p>{t('peer_camera_off')}</p></div>
        )}
        {trouble && (
          <div class="trouble" data-testid="trouble">
            <div class="spinner" aria-hidden="true" />
            <p>{stateSentence(call)} {left !== undefined && t('seconds_left', { n: left })}</p>
          </div>
        )}
        <div class="call-top">
          <button type="button" class={`chip quality ${trouble ? 'poor' : verdict.level}`} data-testid="quality"
            aria-expanded={panel.value === 'quality'} onClick={() => show('quality')}>
            <span class="dot" aria-hidden="true" />
            <span class="sr-only">{t('quality')}: {qualityText}</span>
            <span aria-hidden="true">
              {clock(connectedAt === undefined ? 0 : performance.now() - connectedAt)}
              {path && <span class="path-name"> · {path}</span>}
            </span>
          </button>
          {peer?.name && <span class="chip" data-testid="peer-name"><span title={peer.name}>{peer.name}</span></span>}
          {peer && !peer.audio && (
            <span class="chip" title={t('peer_muted')}><Icon name="micOff" /><span class="sr-only">{t('peer_muted')}</span></span>
          )}
        </div>
        <div class="notes">
          <Banners call={call} />
          {sharing && (
            <p class="banner sharing" role="status">
              {t('sharing')} <button type="button" class="button small" onClick={() => media.stopScreen()}>{t('stop_sharing')}</button>
            </p>
          )}
          <NewProblems media={media} />
        </div>
        <div class="toast" role="status" data-testid="toast">{toast.value && <p data-key={toast.value.key}>{toast.value.text}</p>}</div>
        {resumePlay.value && (
          <button type="button" class="button primary autoplay" data-testid="autoplay"
            onClick={() => { resumePlay.value?.(); resumePlay.value = undefined; }}>
            <Icon name="speaker" /><span>{t('autoplay')}</span>
          </button>
        )}
        <OwnTile stream={mine.value} mirrored={!sharing} muted={!media.sendingAudio.value} />
        <div ref={bar} class="bar" role="group" aria-label={t('call_controls')}>
          <DeviceToggles media={media} />
          {canShare && (
            <Toggle icon="screen" label={t('share_screen')} shortcut="S" pressed={sharing} testid="share" onClick={act.share}
              class={sharing ? 'lit' : ''} />
          )}
          <span class="with-count">
            <Toggle icon="chat" label={unread ? `${t('chat')} (${unread})` : t('chat')} shortcut="C" pressed={panel.value === 'chat'} testid="chat-toggle" onClick={act.chat}
              class={panel.value === 'chat' ? 'lit' : ''} />
            {unread > 0 && <span class="count" aria-hidden="true">{Math.min(99, unread)}</span>}
          </span>
          <div class="menu-holder">
            <button ref={more} type="button" class="round" aria-label={t('more')} title={t('more')} aria-expanded={menu.value}
              data-testid="more" onClick={() => (menu.value = !menu.value)}>
              <Icon name="more" />
            </button>
            {menu.value && (
              <div class="menu" data-testid="menu">
                <MenuItem icon="explain" label="explain" hint="I" testid="explain-toggle" onClick={act.explain} />
                {canFill && <MenuItem icon="fullscreen" label="fullscreen" hint="F" testid="fullscreen" onClick={fullscreen} />}
                {canPip && <MenuItem icon="pip" label="pip" hint="P" testid="pip" onClick={pip} />}
                <MenuItem icon="settings" label="settings" testid="settings-toggle" onClick={() => show('settings')} />
                <MenuItem icon="keyboard" label="shortcuts" hint="?" testid="help-toggle" onClick={act.help} />
              </div>
            )}
          </div>
          <button type="button" class="round danger" aria-label={t('hang_up')} title={t('hang_up')} data-testid="hang-up"
            onClick={onHangUp}>
            <Icon name="hangUp" />
          </button>
        </div>
      </main>
      {panel.value === 'chat' && <ChatPanel call={call} onClose={act.close} />}
      {panel.value === 'explain' && (
        <Drawer title={t('timeline')} testid="explain" onClose={act.close}>
          <TimelinePanel timeline={call.timeline} safety={call.safety.value} onSeekPath={() => call.seekPath()}
            relayOnly={call.relayOnly.value} onRelayOnly={call.hasRelay.value ? (on) => call.setRelayOnly(on) : undefined} />
        </Drawer>
      )}
      {panel.value === 'settings' && (
        <Drawer title={t('settings')} testid="settings" onClose={act.close}>
          <LevelMeter track={media.microphone.value} />
          <DevicePickers media={media} prefix="call" />
          <LanguageSwitch />
        </Drawer>
      )}
      {panel.value === 'help' && (
        <Drawer title={t('shortcuts')} testid="help" onClose={act.close}>
          <dl class="keys">
            {kHelp.filter(([key]) => !absent.includes(key)).map(([key, label]) => (
              <div key={key}><dt><kbd>{key}</kbd></dt><dd>{t(label)}</dd></div>
            ))}
          </dl>
        </Drawer>
      )}
      {panel.value === 'quality' && (
        <Drawer title={t('quality')} testid="quality-panel" onClose={act.close}>
          <p class="lead">{qualityText}</p>
          {path && <p data-testid="path">{t('step_selected')}: {path}</p>}
          {call.path.value === 'relay' && <p>{t('relayed')}</p>}
          <Safety groups={call.safety.value} />
          <button type="button" class="button" onClick={act.explain}>
            <Icon name="explain" /><span>{t('explain')}</span>
          </button>
        </Drawer>
      )}
    </div>
  );
}

function MenuItem(props: {
  icon: 'explain' | 'fullscreen' | 'pip' | 'settings' | 'keyboard'; label: Key; hint?: string; testid: string; onClick: () => void;
}) {
  return (
    <button type="button" data-testid={props.testid} onClick={props.onClick}>
      <Icon name={props.icon} />
      <span>{t(props.label)}</span>
      {props.hint && <kbd aria-hidden="true">{props.hint}</kbd>}
    </button>
  );
}

export function Safety({ groups }: { groups: string[] | undefined }) {
  if (!groups) return null;
  return (
    <div class="safety" data-testid="safety">
      <h3>{t('safety_title')}</h3>
      <p>{t('safety')}</p>
      <ol>{groups.map((group, index) => <li key={index}>{group}</li>)}</ol>
    </div>
  );
}
