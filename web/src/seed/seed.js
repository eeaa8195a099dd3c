// SPDX-License-Identifier: MIT
// The teaching client: enter a room, and say what the server says. `io` comes from the page's bundle.

function show(...words) {
  console.log(...words);
  const text = words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ');
  document.getElementById('log').append(text + '\n');
}

const room = prompt('Enter room name:');
const socket = io.connect();
if (room) socket.emit('create or join', room);

socket.on('created', (room) => show('Created room', room));
socket.on('full', (room) => show('Room', room, 'is full'));
socket.on('join', (room) => show('Another one joins room', room));
socket.on('joined', (room) => show('Joined room', room));
socket.on('leave', (room) => show('The other one left room', room));
socket.on('message', (message) => show('Message:', message));
socket.on('log', (words) => show(...words));
socket.on('refused', ({ code, reason }) => show('Refused:', code, reason));
// `emit(): client ID joined room R` and `broadcast(): ...` are names; a 2.x client can't ask for all.
socket.onAny?.((name) => /^(emit|broadcast)\(\): /.test(name) && show(name));
