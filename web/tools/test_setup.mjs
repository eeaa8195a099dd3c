// SPDX-License-Identifier: MIT
// What every browser has and Node.js 18 keeps in a module.

import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
