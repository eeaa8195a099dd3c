// SPDX-License-Identifier: MIT
// The chat's messages and the line to write the next one.

import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { kMaxChatLength } from '../call/chat';
import type { Call } from '../call/session';
import { language, t } from '../i18n';
import { Icon } from './icon';
import { piecesOf } from './links';
import { Drawer } from './parts';

/** Who has scrolled up further than this reads, and stays there when a message comes, px. */
const kReading = 80;

export function ChatPanel({ call, onClose }: { call: Call; onClose: () => void }) {
  const { chat } = call;
  const list = useRef<HTMLDivElement>(null);
  const reading = useRef(false);
  useSignalEffect(() => {
    if (chat.unread.value > 0) chat.read();
  });
  const newest = chat.messages.value.at(-1);
  const follow = () => {
    if (!reading.current) list.current?.scrollTo(0, list.current.scrollHeight);
  };
  useEffect(() => {
    if (newest?.from === 'me') reading.current = false;
    follow();
  }, [newest?.id]);
  useEffect(() => {
    const observer = new ResizeObserver(follow); // a phone is turned, its keyboard comes up
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, []);
  const peer = call.peerMedia.value?.name || t('peer');
  // What is said over a dead path is lost when another one is found.
  const open = chat.open.value && call.phase.value !== 'reconnecting';
  const send = (event: Event) => {
    event.preventDefault();
    if (open && chat.send(chat.draft.value)) chat.draft.value = '';
  };
  const time = new Intl.DateTimeFormat(language.value, { hour: '2-digit', minute: '2-digit' });
  return (
    <Drawer title={t('chat')} testid="chat" onClose={onClose}>
      <div ref={list} class="messages" role="log" aria-label={t('chat')} tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          reading.current = scrollHeight - scrollTop - clientHeight > kReading;
        }}>
        {!newest && <p class="hint">{t('chat_empty')}</p>}
        {chat.messages.value.map((message) => (
          <div key={message.id} class={`message ${message.from}`} data-testid="message">
            <small>{message.from === 'me' ? t('you') : peer} · {time.format(message.at)}</small>
            <p>{piecesOf(message.text).map(({ text, link }) => (
              link ? <a href={text} target="_blank" rel="noopener noreferrer">{text}</a> : text
            ))}</p>
          </div>
        ))}
      </div>
      <form class="chat-line" onSubmit={send}>
        <input
          data-autofocus data-testid="chat-input" aria-label={t('chat_placeholder')} maxLength={kMaxChatLength}
          placeholder={open ? t('chat_placeholder') : t('chat_closed')} autocomplete="off"
          value={chat.draft.value} onInput={(event) => (chat.draft.value = event.currentTarget.value)}
        />
        <button type="submit" class="round accent" data-testid="chat-send" aria-label={t('send')} disabled={!open}>
          <Icon name="send" />
        </button>
      </form>
    </Drawer>
  );
}
