// SPDX-License-Identifier: MIT
// What a client says with `create or join`.
#include <duet/room/join_request.hpp>
#include <duet/room/peer_message.hpp>

#include <boost/json.hpp>

namespace duet::room {

std::optional<JoinRequest> JoinRequest::parse(std::string_view arguments) {
  if (arguments.size() > kMaxJoinArguments) return std::nullopt;
  std::string text = "[";
  text += arguments;
  text += ']';
  boost::json::parse_options options;
  options.max_depth = kMaxParsedDepth;
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(text, error, {}, options);
  if (error || !parsed.is_array() || parsed.get_array().empty()) return std::nullopt;

  const boost::json::array& values = parsed.get_array();
  const boost::json::string* room = values[0].if_string();
  if (room == nullptr || room->empty() || room->size() > kMaxRoomName) return std::nullopt;
  JoinRequest request{.room = std::string{room->data(), room->size()}};
  if (values.size() < 2 || !values[1].is_object()) return request;
  const boost::json::value* token = values[1].get_object().if_contains("token");
  if (token == nullptr || !token->is_string()) return request;
  request.token.assign(token->get_string().data(), token->get_string().size());
  return request;
}

}  // namespace duet::room
