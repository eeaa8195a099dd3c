// SPDX-License-Identifier: MIT
// One's own picture, small: dragged by pointer or moved by arrow keys, it rests in a corner.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Icon } from './icon';
import { VideoView } from './video';

type Corner = 'tl' | 'tr' | 'bl' | 'br';

export function OwnTile(props: { stream: MediaStream | undefined; mirrored: boolean; muted: boolean }) {
  const corner = useSignal<Corner>('br');
  const tile = useRef<HTMLButtonElement>(null);
  const drag = useRef<{ x: number; y: number } | undefined>(undefined);

  const move = (event: PointerEvent) => {
    if (!drag.current || !tile.current) return;
    tile.current.style.transform = `translate(${event.clientX - drag.current.x}px, ${event.clientY - drag.current.y}px)`;
  };
  const drop = () => {
    if (!drag.current || !tile.current) return;
    drag.current = undefined;
    const own = tile.current.getBoundingClientRect();
    const stage = tile.current.parentElement!.getBoundingClientRect();
    const left = own.left + own.width / 2 < stage.left + stage.width / 2;
    const top = own.top + own.height / 2 < stage.top + stage.height / 2;
    corner.value = `${top ? 't' : 'b'}${left ? 'l' : 'r'}`;
    tile.current.style.transform = '';
  };
  const keys = (event: KeyboardEvent) => {
    const [v, h] = corner.value as unknown as [string, string];
    const moved = { ArrowUp: `t${h}`, ArrowDown: `b${h}`, ArrowLeft: `${v}l`, ArrowRight: `${v}r` }[event.key];
    if (!moved) return;
    event.preventDefault();
    corner.value = moved as Corner;
  };
  return (
    <button
      ref={tile} type="button" class={`own ${corner.value}`} aria-label={t('own_video')} data-testid="own-tile"
      data-corner={corner.value} onKeyDown={keys}
      onPointerDown={(event) => {
        drag.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move} onPointerUp={drop} onPointerCancel={drop}
    >
      {props.stream ? (
        <VideoView stream={props.stream} label={t('you')} muted class={props.mirrored ? 'mirror' : ''} testid="local-video" />
      ) : (
        <span class="stage-empty"><Icon name="cameraOff" /></span>
      )}
      {props.muted && <span class="badge"><Icon name="micOff" /></span>}
    </button>
  );
}
