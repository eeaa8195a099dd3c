// SPDX-License-Identifier: MIT
// The first screen: one field for a room's name, and the way to the lesson.

import { useSignal } from '@preact/signals';
import { t } from '../i18n';
import { Icon } from './icon';
import { Heading, Link, Sheet } from './parts';
import { suggestRoom } from './room_names';
import { navigate, roomPath, roomProblem, type RoomProblem } from './route';

export function Home(props: { problem: RoomProblem | undefined }) {
  const room = useSignal(suggestRoom());
  const problem = useSignal(props.problem);
  const join = (event: Event) => {
    event.preventDefault();
    problem.value = roomProblem(room.value);
    if (problem.value) document.getElementById('room')?.focus();
    else navigate(roomPath(room.value));
  };
  return (
    <Sheet>
      <div class="hero">
        <span class="mark big" aria-hidden="true" />
        <Heading>Duet</Heading>
        <p class="lead">{t('tagline')}</p>
      </div>
      <form class="card" onSubmit={join} novalidate>
        <label for="room">{t('room_name')}</label>
        <div class="field">
          <input
            id="room" name="room" data-testid="room" value={room.value} autocomplete="off" autocapitalize="off"
            spellcheck={false} aria-describedby="room-hint room-problem" aria-invalid={problem.value !== undefined}
            onInput={(event) => (room.value = event.currentTarget.value)}
          />
          <button type="button" class="plain" aria-label={t('room_suggest')} title={t('room_suggest')}
            onClick={() => (room.value = suggestRoom())}>
            <Icon name="refresh" />
          </button>
        </div>
        <p id="room-hint" class="hint">{t('room_hint')}</p>
        <p id="room-problem" class="problem" role="alert">{problem.value ? t(problem.value) : ''}</p>
        <button type="submit" class="button primary block" data-testid="join">{t('join')}</button>
      </form>
      <nav class="tiles" aria-label={t('more')}>
        <Link href="/loop" class="tile">
          <Icon name="explain" />
          <span><b>{t('how_it_works')}</b><small>{t('how_it_works_hint')}</small></span>
        </Link>
        <Link href="/ca" class="tile">
          <Icon name="shield" />
          <span><b>{t('trust_link')}</b><small>{t('trust_link_hint')}</small></span>
        </Link>
      </nav>
      <p class="hint center">{t('private_note')}</p>
    </Sheet>
  );
}
