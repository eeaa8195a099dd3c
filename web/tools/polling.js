// SPDX-License-Identifier: MIT
// Long-polling by fetch(), for engine.io-client: stands in for its polling-xhr.js in the built page (vite.config.ts).

import { Polling } from './polling.js';

export class XHR extends Polling {
  doPoll() {
    this.ask({}, (data) => this.onData(data));
  }

  doWrite(body, done) {
    this.ask({ method: 'POST', body }, done);
  }

  ask(init, done) {
    fetch(this.uri(), init)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
      .then(done, (why) => this.onError('polling failed', why));
  }
}
