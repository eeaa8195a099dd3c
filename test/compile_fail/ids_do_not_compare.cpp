// SPDX-License-Identifier: MIT
// Ids of different things do not compare.
#include <duet/socketio/server.hpp>

#ifdef RIGHT
bool same(duet::socketio::AckId a, duet::socketio::AckId b) { return a == b; }
#else
bool same(duet::socketio::AckId a, duet::socketio::SocketId b) { return a == b; }
#endif
