// SPDX-License-Identifier: MIT
// A <video> that shows a stream, tells when the browser won't play it, and follows the loudspeaker.

import { useEffect, useRef } from 'preact/hooks';

export interface VideoProps {
  stream: MediaStream | undefined;
  label: string;
  muted?: boolean;
  class?: string;
  testid: string;
  id?: string;
  speakerId?: string;
  onBlocked?: (play: () => void) => void;
  onElement?: (element: HTMLVideoElement) => void;
}

export function VideoView(props: VideoProps) {
  const ref = useRef<HTMLVideoElement>(null);
  const { stream, speakerId, muted } = props;
  useEffect(() => {
    const element = ref.current!;
    // Preact sets the attribute only; browsers look at the property.
    element.muted = muted ?? false;
    if (element.srcObject !== (stream ?? null)) element.srcObject = stream ?? null;
    if (!stream) return;
    props.onElement?.(element);
    const play = () => {
      element.play().catch((error: DOMException) => {
        if (error.name === 'NotAllowedError') props.onBlocked?.(play);
      });
    };
    play();
    // Phones pause a hidden page's video and don't start it again by themselves.
    const onVisible = () => document.visibilityState === 'visible' && element.paused && play();
    document.addEventListener('visibilitychange', onVisible);
    return () => document.removeEventListener('visibilitychange', onVisible);
  }, [stream, muted]);
  useEffect(() => {
    const element = ref.current!;
    if (speakerId !== undefined && 'setSinkId' in element) void element.setSinkId(speakerId).catch(() => undefined);
  }, [speakerId]);
  return (
    <video
      ref={ref} id={props.id} class={props.class} data-testid={props.testid} aria-label={props.label}
      autoplay playsInline muted={muted ?? false}
    />
  );
}
