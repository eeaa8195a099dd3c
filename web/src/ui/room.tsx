// SPDX-License-Identifier: MIT
// A room from its link to its end: makes the call, shows the screen of its phase, survives reloads.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { io } from 'socket.io-client';
import { Call } from '../call/session';
import { inRoom } from '../call/state';
import { t } from '../i18n';
import type { SocketLike } from '../signaling/room_client';
import { storedTokens } from '../signaling/tokens';
import { Ending } from './ending';
import { Gate } from './gate';
import { GreenRoom } from './green_room';
import { InCall } from './in_call';
import { answerTabs, askTabs, type HeldSeat } from './own_tabs';
import { myName } from './preferences';
import { clearResume, readResume, writeResume } from './resume';
import { navigate } from './route';
import { Announcer } from './status';
import { Waiting } from './waiting';

/** Polling first, WebSocket as soon as it works: a network that blocks one of them has the other. */
const makeSocket = () =>
  io({
    transports: ['polling', 'websocket'], autoConnect: false, forceNew: true, reconnectionDelay: 500, reconnectionDelayMax: 3_000, timeout: 8_000,
  }) as unknown as SocketLike;

const tokens = storedTokens(() => sessionStorage);

export function Room({ room }: { room: string }) {
  const call = useMemo(() => new Call({ room, makeSocket, tokens, name: myName }), [room]);
  const pastGate = useSignal(window.isSecureContext);
  const seat = useSignal<HeldSeat | undefined>(undefined);
  const resume = useMemo(() => (pastGate.peek() && tokens.get(room) ? readResume(room) : undefined), [room]);

  const enter = async (wanted?: { audio: boolean; video: boolean }, began?: number) => {
    if (wanted) await call.media.open(wanted);
    await call.enter(began);
  };

  useEffect(() => {
    if (resume) {
      call.media.unmuted.value = resume.unmuted;
      call.media.cameraWanted.value = resume.video;
      call.relayOnly.value = resume.relayOnly;
      void enter({ audio: resume.audio, video: resume.video }, resume.began);
    }
    const stopAsking = askTabs(room, (held) => (seat.value = held));
    const stopAnswering = answerTabs(room, () => {
      const token = inRoom(call.phase.value) ? tokens.get(room) : undefined;
      return token ? { token, began: call.began } : undefined;
    });
    const leavePage = () => {
      if (inRoom(call.phase.value)) writeResume(room, call);
      call.suspend();
    };
    // A page brought back from the browser's cache has lost its connections: begin as after a reload.
    const backAgain = (event: PageTransitionEvent) => event.persisted && location.reload();
    addEventListener('pagehide', leavePage);
    addEventListener('pageshow', backAgain);
    return () => {
      stopAsking();
      stopAnswering();
      removeEventListener('pagehide', leavePage);
      removeEventListener('pageshow', backAgain);
      clearResume(room);
      call.destroy();
    };
  }, [call]);

  useSignalEffect(() => {
    const { phase } = call.state.value;
    if (phase === 'ended' || phase === 'full' || phase === 'moved' || phase === 'refused') clearResume(room);
    document.title =
      phase === 'connecting' || phase === 'live' || phase === 'degraded' ? t('someone_came', { room }) : `${room} · Duet`;
  });

  const { phase } = call.state.value;
  const rejoin = () =>
    void enter({ audio: true, video: call.media.cameraWanted.value }, call.began); // a call that was moved away goes on
  const move = () => {
    if (seat.value) tokens.set(room, seat.value.token);
    void enter(undefined, seat.value?.began);
  };

  let screen;
  if (!pastGate.value) screen = <Gate room={room} onChatOnly={() => (pastGate.value = true)} />;
  else if (phase === 'green') {
    screen = <GreenRoom call={call} asks={!resume} onJoin={() => void enter()} onMove={seat.value ? move : undefined} />;
  } else if (phase === 'joining' || phase === 'waiting' || phase === 'connecting') {
    screen = <Waiting call={call} onLeave={() => { call.hangUp(); navigate('/'); }} />;
  } else if (phase === 'live' || phase === 'degraded' || phase === 'reconnecting') {
    screen = <InCall call={call} onHangUp={() => call.hangUp()} />;
  } else screen = <Ending call={call} onRejoin={rejoin} />;
  return (
    <>
      <Announcer call={call} />
      {screen}
    </>
  );
}
