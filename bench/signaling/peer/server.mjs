// SPDX-License-Identifier: MIT
// The room protocol on npm socket.io, as a careful Node programmer would write it: what `duet serve`
// is measured against. No resume tokens, no limits: it does less than Duet, never more.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const port = Number(process.argv[2]);
const server = createServer((request, response) => {
  response.statusCode = request.url === '/readyz' ? 200 : 404;
  response.end();
});
const io = new Server(server, {
  transports: ['polling', 'websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  allowEIO3: true,
  maxHttpBufferSize: 1_000_000,
  pingInterval: 25_000,
  pingTimeout: 20_000,
});

const banner = '>>> Message from server: ';
/** Room name -> the one or two sockets in it. */
const rooms = new Map();

function stand(socket) {
  const { room } = socket.data;
  if (room === undefined) return;
  socket.data.room = undefined;
  const seats = rooms.get(room);
  const mate = seats.find((other) => other !== socket);
  if (!mate) return rooms.delete(room);
  rooms.set(room, [mate]);
  mate.emit('leave', room);
}

io.on('connection', (socket) => {
  socket.on('message', (...args) => {
    if (typeof args.at(-1) === 'function') args.pop()({ ok: true });
    socket.emit('log', [banner, 'Got message:', ...args]);
    const seats = rooms.get(socket.data.room);
    const mate = seats?.find((other) => other !== socket);
    mate?.emit('message', ...args);
  });

  socket.on('create or join', (room, ...rest) => {
    const answer = typeof rest.at(-1) === 'function' ? rest.pop() : undefined;
    if (typeof room !== 'string' || room === '' || Buffer.byteLength(room) > 256) {
      return answer?.({ ok: false, code: 'bad-room', reason: 'The name is not a room.' });
    }
    if (socket.data.room !== room) stand(socket);
    const seats = rooms.get(room) ?? [];
    const others = seats.filter((other) => other !== socket);
    socket.emit('log', [banner, `Room ${room} has ${others.length} client(s)`]);
    socket.emit('log', [banner, `Request to create or join room ${room}`]);
    if (others.length === 2) {
      socket.emit('full', room);
      return answer?.({ ok: false, code: 'full', reason: 'Two are in there.' });
    }
    const id = randomBytes(18).toString('base64url');
    const role = others.length === 0 ? 'created' : 'joined';
    socket.data.room = room;
    rooms.set(room, [...others, socket]);
    for (const other of others) {
      other.emit('join', room);
      other.emit(`broadcast(): client ${id} joined room ${room}`);
    }
    socket.emit(role, room);
    socket.emit(`emit(): client ${id} joined room ${room}`);
    answer?.({ ok: true, role, token: '' });
  });

  socket.on('leave', (answer) => {
    stand(socket);
    if (typeof answer === 'function') answer({ ok: true });
  });
  socket.on('disconnect', () => stand(socket));
});

server.listen(port, '127.0.0.1', 4096);
process.on('SIGTERM', () => process.exit(0));
