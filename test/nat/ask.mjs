// SPDX-License-Identifier: MIT
// Asks a STUN server from the namespace this runs in, and prints the address that it sees.
import dgram from 'node:dgram';

import * as stun from '../relay/stun.mjs';

const kTries = 40; // the server may have just been started
const [host, port] = process.argv.slice(2);
const socket = dgram.createSocket('udp6');
socket.on('message', (bytes) => {
  const answer = stun.parse(bytes);
  console.log(stun.parseXorAddress(answer.find(stun.attribute.mapped), answer.id).address);
  process.exit(0);
});
for (let index = 0; index < kTries; index += 1) {
  socket.send(stun.message(stun.klass.request, stun.method.binding), Number(port), host);
  await new Promise((resolve) => setTimeout(resolve, 500));
}
process.exit(1);
