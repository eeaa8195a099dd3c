// SPDX-License-Identifier: MIT
// One person with a browser of their own, in the namespace this runs in; does what its parent says.
import dgram from 'node:dgram';

import { chromium, firefox } from '../browser/browsers.mjs';
import * as path from '../browser/path.mjs';
import { Person } from '../browser/person.mjs';
import * as stun from '../relay/stun.mjs';

const [kind, origin] = process.argv.slice(2);
let browser;
let person;

/** The address that a server sees, from a socket that asks each in turn. */
async function mapping(servers, port) {
  const socket = dgram.createSocket('udp4');
  const seen = [];
  try {
    for (const server of servers) {
      const answer = new Promise((resolve) => {
        socket.once('message', resolve);
        setTimeout(resolve, 2_000, undefined);
      });
      socket.send(stun.message(stun.klass.request, stun.method.binding), port, server);
      const parsed = stun.parse((await answer) ?? Buffer.alloc(0));
      const address = parsed && stun.parseXorAddress(parsed.find(stun.attribute.mapped), parsed.id);
      seen.push(address ? `${address.address}:${address.port}` : 'nothing');
    }
  } finally {
    socket.close();
  }
  return seen;
}

const does = {
  mapping,
  async arrive() {
    browser ??= await { chromium, firefox }[kind]();
    await person?.leave();
    person = await Person.arrive(browser, origin);
  },
  forceRelay: () => path.forceRelay(person),
  goesBy: (...args) => path.goesBy(person, ...args),
  types: () => path.types(person),
  async close() {
    await browser?.close();
    setImmediate(() => process.exit(0));
  },
};

process.on('message', async ({ id, name, args }) => {
  try {
    const result = does[name] ? await does[name](...args) : await person[name](...args);
    process.send({ id, result: does[name] || typeof result !== 'object' ? result : undefined }); // no handles
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
process.on('disconnect', () => process.exit(0));
