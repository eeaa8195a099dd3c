// SPDX-License-Identifier: MIT
// What clients say: Socket.IO protocol, "Packet encoding".
#include <duet/base/bytes.hpp>
#include <duet/socketio/server_impl.hpp>

#include <utility>

namespace duet::socketio {

void Server::Impl::handle_message(Instant now, EngineServer& engine, const EngineEvent& event,
                                  Client& client) {
  charge(now, engine, event.session, client);
  const bool is_right = event.kind == MessageKind::Text ? handle_text(now, engine, event, client)
                                                        : handle_attachment(client, event.bytes);
  if (!is_right) fail_client(now, engine, event.session);
}

/// @return whether the packet keeps the rules, here and below
bool Server::Impl::handle_text(Instant now, EngineServer& engine, const EngineEvent& event,
                               Client& client) {
  if (client.assembly) return false;  // an attachment must come first
  const auto packet = parse_packet(client.version, event.bytes);
  if (!packet) return false;
  ++counters.packets_in;
  if (packet->is_binary()) return begin_assembly(client, *packet, event.bytes);

  const SocketId id = socket_in(client, packet->nsp);
  const bool has_entered = sockets.find(id) != nullptr;
  if (packet->type == PacketType::Connect) {
    if (!packet->payload.empty() && check_json_object(packet->payload)) return false;
    // Twice is an error to the reference server of protocol 5, and nothing to those before it.
    if (has_entered) return client.version == EngineVersion::V3;
    connect(now, engine, event.session, client, *packet);
    return true;
  }
  // A namespace not entered: likewise.
  if (!has_entered) return client.version == EngineVersion::V3;
  return handle_to_socket(now, engine, client, id, *packet);
}

bool Server::Impl::handle_to_socket(Instant now, EngineServer& engine, Client& client, SocketId id,
                                    const Packet& packet) {
  if (packet.type == PacketType::Disconnect) {
    leave(now, engine, client, id, *sockets.find(id));
    events.push_back({.type = Event::Type::Disconnected, .socket = id});
    return true;
  }
  // Nothing that we send asks for an acknowledgement, so one is only checked.
  if (packet.type == PacketType::Ack) return !check_json_array(packet.payload, 0);
  if (packet.type != PacketType::Event) return false;
  const auto text = parse_event_text(packet.payload, 0, name_scratch);
  if (!text) return false;
  Event event{.type = Event::Type::Received,
              .socket = id,
              .arguments = text->arguments,
              .name = text->name,
              .ack = packet.ack};
  if (text->name.data() == name_scratch.data()) {
    names.push_back(std::make_unique<std::string>(text->name));
    event.name = *names.back();
  }
  events.push_back(event);
  return true;
}

bool Server::Impl::begin_assembly(Client& client, const Packet& packet, std::string_view text) {
  if (packet.attachments > config.max_attachments) return false;
  auto assembly = std::make_unique<Assembly>();
  assembly->text = text;
  assembly->packet = *parse_packet(client.version, assembly->text);
  const std::string_view payload = assembly->packet.payload;
  if (packet.type == PacketType::BinaryAck) {
    if (check_json_array(payload, packet.attachments)) return false;
  } else {
    const auto event = parse_event_text(payload, packet.attachments, assembly->name_storage);
    if (!event) return false;
    assembly->event = *event;
  }
  client.assembly = std::move(assembly);
  return true;
}

bool Server::Impl::handle_attachment(Client& client, std::string_view bytes) {
  if (!client.assembly) return false;
  Assembly& assembly = *client.assembly;
  assembly.size_bytes += bytes.size();
  if (assembly.size_bytes > config.max_attachment_bytes) return false;
  const auto blob = as_bytes(bytes);
  assembly.blobs.emplace_back(blob.begin(), blob.end());
  return assembly.blobs.size() < assembly.packet.attachments || finish_assembly(client);
}

bool Server::Impl::finish_assembly(Client& client) {
  std::unique_ptr<Assembly> assembly = std::move(client.assembly);
  const Packet& packet = assembly->packet;
  const SocketId id = socket_in(client, packet.nsp);
  if (sockets.find(id) == nullptr) return client.version == EngineVersion::V3;
  if (packet.type == PacketType::BinaryAck) return true;
  events.push_back({.type = Event::Type::Received,
                    .socket = id,
                    .arguments = assembly->event.arguments,
                    .name = assembly->event.name,
                    .ack = packet.ack,
                    .attachments = assembly->blobs});
  assemblies.push_back(std::move(assembly));
  return true;
}

}  // namespace duet::socketio
