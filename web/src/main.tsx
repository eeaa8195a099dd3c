// SPDX-License-Identifier: MIT
// Where the page begins: with its sentences, then with its screens.

import { render } from 'preact';
import { loadLanguage } from './i18n';
import { App } from './ui/app';
import './ui/style.css';

void loadLanguage().then(() => render(<App />, document.getElementById('app')!));
