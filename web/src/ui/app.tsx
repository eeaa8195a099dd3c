// SPDX-License-Identifier: MIT
// The whole page: which screen the address means, in which language.

import { useSignalEffect } from '@preact/signals';
import { language, t } from '../i18n';
import { Home } from './home';
import { lazy } from './lazy';
import { Room } from './room';
import { route } from './route';

const Loop = lazy(() => import('../loop/loop').then((module) => module.Loop));
const Authority = lazy(() => import('../ca/authority').then((module) => module.Authority));

export function App() {
  useSignalEffect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
    if (route.value.page === 'home') document.title = 'Duet';
  });
  const now = route.value;
  let page;
  if (now.page === 'room') page = <Room key={now.room} room={now.room} />;
  else if (now.page === 'loop') page = <Loop />;
  else if (now.page === 'ca') page = <Authority />;
  else page = <Home key={now.problem} problem={now.problem} />;
  return (
    <>
      <a class="skip" href="#main">{t('skip')}</a>
      {page}
    </>
  );
}
