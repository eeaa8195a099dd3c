// SPDX-License-Identifier: MIT
// `duet call` in a home.
import { spawn } from 'node:child_process';

import { NativeCall } from '../browser/native.mjs';

/** @param side  the namespace */
export const callerIn = (side) =>
  class extends NativeCall {
    start(binary, words, options) {
      return spawn('ip', ['netns', 'exec', side, binary, ...words], options); // which becomes it
    }
  };
