duet_fuzz(engine_payload SOURCES engine_payload.cpp LINK duet::socketio)
duet_fuzz(room SOURCES room.cpp LINK duet::room Boost::json)
duet_fuzz(socketio_packet SOURCES socketio_packet.cpp LINK duet::socketio)
duet_fuzz(socketio_server SOURCES socketio_server.cpp LINK duet::socketio)
