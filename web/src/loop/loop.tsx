// SPDX-License-Identifier: MIT
// /loop: a whole call in one tab, step by step, with the timeline of what happens between its ends.

import { useEffect, useMemo } from 'preact/hooks';
import { t } from '../i18n';
import { Timeline } from '../timeline/events';
import { TimelinePanel } from '../timeline/panel';
import { recordFirstFrame } from '../timeline/recorder';
import { Heading, Sheet } from '../ui/parts';
import { VideoView } from '../ui/video';
import { Lesson, type LessonState } from './lesson';
import { say, type TextKey } from './texts';

const kSentences: Record<LessonState, TextKey> = {
  idle: 'loop_idle',
  asking: 'loop_asking',
  started: 'loop_started',
  calling: 'loop_calling',
  connected: 'loop_connected',
  failed: 'loop_failed',
  ended: 'loop_ended',
};

export function Loop() {
  const title = say('loop_title');
  useEffect(() => void (document.title = `${title} · Duet`), [title]);
  const timeline = useMemo(() => new Timeline(), []);
  const lesson = useMemo(() => new Lesson(timeline), []);
  useEffect(() => () => lesson.hangUp(), []);
  const state = lesson.state.value;
  const open = lesson.local.value !== undefined;
  const inCall = state === 'calling' || state === 'connected' || state === 'failed';
  return (
    <Sheet wide>
      <Heading>{title}</Heading>
      <p class="lead">{say('loop_intro')}</p>
      <div class="row loop-buttons">
        <button type="button" id="startButton" class="button primary" disabled={open || state === 'asking'} onClick={() => void lesson.start()}>
          {say('loop_start')}
        </button>
        <button type="button" id="callButton" class="button primary" disabled={!open || inCall} onClick={() => void lesson.call()}>
          {say('loop_call')}
        </button>
        <button type="button" id="hangupButton" class="button danger" disabled={!open} onClick={() => lesson.hangUp()}>
          {say('loop_hangup')}
        </button>
        <span role="status" class="hint" data-testid="loop-state" data-state={state}>{say(kSentences[state])}</span>
      </div>
      {lesson.drawn.value && open && <p class="notice">{say('loop_fake')}</p>}
      <div class="lesson">
        <div class="loop-videos">
          <figure>
            <VideoView id="localVideo" testid="loop-local" stream={lesson.local.value} label={say('loop_local')} muted />
            <figcaption>{say('loop_local')}</figcaption>
          </figure>
          <figure>
            <VideoView
              id="remoteVideo" testid="loop-remote" stream={lesson.remote.value} label={say('loop_remote')} muted
              onElement={(element) => recordFirstFrame(element, (width, height) => lesson.noteFirstFrame(width, height))}
            />
            <figcaption>{say('loop_remote')}</figcaption>
          </figure>
        </div>
        <section class="card" aria-label={t('timeline')}>
          <h2>{t('timeline')}</h2>
          <TimelinePanel timeline={timeline} end="a" />
        </section>
      </div>
    </Sheet>
  );
}
