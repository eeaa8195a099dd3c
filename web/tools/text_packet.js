// SPDX-License-Identifier: MIT
// Packets of text alone, for engine.io-parser: stands in for its encodePacket.browser.js in the built page (vite.config.ts).

import { PACKET_TYPES } from './commons.js';

export const encodePacket = ({ type, data }, binary, done) => done(PACKET_TYPES[type] + (data || ''));
export const encodePacketToBinary = undefined; // WebTransport's
