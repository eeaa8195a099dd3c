// SPDX-License-Identifier: MIT
// Every call of scenarios.mjs with Firefox.
import { firefox } from '../browser/browsers.mjs';
import { scenarios } from './scenarios.mjs';

scenarios(firefox);
