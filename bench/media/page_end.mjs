// SPDX-License-Identifier: MIT
// Calls between two Chromiums, each in its namespace.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const kActor = fileURLToPath(new URL('page_actor.mjs', import.meta.url));
const kStartsWithin = 60_000; // ms; a busy machine takes its time

export class PageEnd {
  /** @param space  a namespace; undefined: this one @param film  what its camera sees */
  static async open(space, film) {
    const end = new PageEnd();
    const into = space ? ['ip', 'netns', 'exec', space] : [];
    const [command, ...args] = [...into, process.execPath, kActor, ...(film ? [film] : [])];
    end.child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    end.asked = new Map();
    end.count = 0;
    end.heard = {};
    end.child.on('message', (message) => end.handle(message));
    await new Promise((resolve, reject) => {
      end.heard.ready = resolve;
      end.child.once('exit', (code) => reject(new Error(`the browser's driver ended with ${code}`)));
      setTimeout(() => reject(new Error('no browser')), kStartsWithin).unref();
    });
    return end;
  }

  handle({ id, name, text, result, error }) {
    if (name) return this.heard[name]?.(text);
    const { resolve, reject } = this.asked.get(id);
    this.asked.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  }

  /** A function of page.mjs or of the actor. */
  ask(name, ...args) {
    return new Promise((resolve, reject) => {
      this.count += 1;
      this.asked.set(this.count, { resolve, reject });
      this.child.send({ id: this.count, name, args });
    });
  }

  close() {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    return gone;
  }
}

/** As nativeCall(). */
export async function pageCall({ film, during }) {
  const [sender, receiver] = await Promise.all([PageEnd.open('a', film), PageEnd.open('b')]);
  try {
    await sender.ask('warm');
    for (const [one, other] of [[sender, receiver], [receiver, sender]]) {
      one.heard.candidate = (text) => other.ask('addCandidate', text).catch(() => {}); // of a page that closes
      await one.ask('makeEnd');
    }
    const senderOffset = await sender.ask('offset');
    const receiverOffset = await receiver.ask('offset');
    const sdp = await sender.ask('offer');
    await sender.ask('accept', await receiver.ask('answer', sdp));
    const { started } = await sender.ask('collect');
    await during(started + senderOffset);
    const sent = await sender.ask('collect');
    const got = await receiver.ask('collect');
    const moved = (list, offset) => list.map((one) => ({ ...one, at: one.at + offset }));
    return {
      start: started + senderOffset,
      firstFrame: got.firstFrame + receiverOffset,
      samples: moved(got.samples, receiverOffset),
      frames: moved(got.frames, receiverOffset),
      targets: moved(sent.targets, senderOffset),
    };
  } finally {
    await Promise.all([sender.close(), receiver.close()]);
  }
}
