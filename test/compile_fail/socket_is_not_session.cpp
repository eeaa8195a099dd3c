// SPDX-License-Identifier: MIT
// A socket, one client in one namespace, is not a session, one client's transport.
#include <duet/socketio/server.hpp>

#ifdef RIGHT
duet::socketio::SocketId same(duet::socketio::SocketId id) { return id; }
#else
duet::socketio::SocketId same(duet::socketio::SessionId id) { return id; }
#endif
