// SPDX-License-Identifier: MIT
// duet::PeerConnection: the W3C's RTCPeerConnection for C++.
#pragma once

#include <duet/ice/config.hpp>
#include <duet/peer/connection.hpp>
#include <duet/peer/stats.hpp>
#include <duet/rtc/data_channel.hpp>
#include <duet/rtc/local_addresses.hpp>
#include <duet/rtc/runtime.hpp>
#include <duet/stun/uri.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ssl_ctx_st;
using SSL_CTX = ssl_ctx_st;

namespace duet::rtc {

/// W3C webrtc #dom-rtciceserver, one for each URL.
struct IceServer {
  stun::Uri uri;
  std::string username;
  std::string credential;
};

/// W3C webrtc #dom-rtcconfiguration. Bundling is max-bundle, rtcp-mux required.
struct Configuration {
  std::vector<IceServer> ice_servers = {};
  ice::Policy ice_transport_policy = ice::Policy::All;
  /// Nothing for the runtime's.
  std::shared_ptr<const dtls::Identity> certificate = nullptr;
  Loopback loopback = Loopback::LastResort;
  /// Listens for connections of the peer's as well (RFC 6544, passive), at a port of the system's
  /// choice for each address: for peers on the same network where UDP is not let through.
  bool accepts_tcp = false;
  /// Host candidates carry mDNS names in place of addresses, answered for on the local links while
  /// the connection lives (draft-ietf-mmusic-mdns-ice-candidates).
  bool hides_addresses = false;
  peer::Capabilities capabilities = peer::default_capabilities();
  /// How media may be protected, in order of preference; all that there are by default.
  std::vector<srtp::Profile> srtp_profiles = peer::TransportConfig{}.srtp_profiles;
  /// Bytes that we take in one message of a data channel.
  std::size_t max_message_size = std::size_t{256} * 1024;
  /// Whom relays over TLS must be certified by; nothing for the system's authorities.
  std::shared_ptr<SSL_CTX> tls = nullptr;
};

/// Called from the loop, never from within a call to the connection. Each may do anything: close
/// the connection, destroy it, call any function.
struct Handlers {
  std::function<void()> negotiation_needed;
  /// To signal; an empty candidate says that there are no more.
  std::function<void(const peer::IceCandidateInit&)> ice_candidate;
  std::function<void(peer::ConnectionState)> connection_state;
  std::function<void(peer::SignalingState)> signaling_state;
  /// The peer has opened it.
  std::function<void(std::shared_ptr<DataChannel>)> data_channel;
  std::function<void(peer::TransceiverId)> track;
  /// A packet of media, valid during the call.
  std::function<void(const peer::MediaReceived&)> media;
  std::function<void(peer::TransceiverId)> key_frame_wanted;
  /// Everything that happens, before it is told otherwise: for timelines and statistics.
  std::function<void(const peer::Event&)> event;
};

/// One end of a call, with its sockets.
///
/// Everything happens on the thread of the runtime's loop, calls included, so nothing needs a lock.
/// Errors are the W3C's and leave the connection usable; after close() every call is harmless.
class PeerConnection {
 public:
  /// @param runtime  outlives this
  explicit PeerConnection(Runtime& runtime, Configuration configuration = {},
                          Handlers handlers = {});
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  // Descriptions: see peer::Negotiation.
  Result<peer::TransceiverId, Error> add_transceiver(peer::MediaKind kind,
                                                     peer::TransceiverInit init = {});
  Result<peer::TransceiverId, Error> add_track(peer::MediaKind kind, std::string track_id,
                                               std::vector<std::string> stream_ids = {});
  Result<void, Error> remove_track(peer::TransceiverId id);
  Result<void, Error> replace_track(peer::TransceiverId id, std::optional<std::string> track_id);
  Result<void, Error> set_direction(peer::TransceiverId id, peer::Direction direction);
  Result<void, Error> set_codec_preferences(peer::TransceiverId id,
                                            std::vector<peer::CodecCapability> codecs);
  Result<peer::SendParameters, Error> get_parameters(peer::TransceiverId id);
  Result<void, Error> set_parameters(peer::TransceiverId id,
                                     const peer::SendParameters& parameters);
  Result<void, Error> stop(peer::TransceiverId id);
  Result<peer::SessionDescription, Error> create_offer(peer::OfferOptions options = {});
  Result<peer::SessionDescription, Error> create_answer();
  Result<void, Error> set_local_description();
  Result<void, Error> set_local_description(const peer::SessionDescription& description);
  Result<void, Error> set_remote_description(const peer::SessionDescription& description);
  Result<void, Error> add_ice_candidate(const peer::IceCandidateInit& candidate);
  void restart_ice();

  std::optional<peer::SessionDescription> local_description() const;
  std::optional<peer::SessionDescription> remote_description() const;
  const std::vector<peer::Transceiver>& transceivers() const;

  // Data.
  Result<std::shared_ptr<DataChannel>, Error> create_data_channel(DataChannel::Init init);

  // Media.
  Result<void, Error> send(peer::TransceiverId transceiver, const peer::MediaPacket& packet);
  void request_key_frame(peer::TransceiverId transceiver);
  /// The most that encoders have a use for, in bits a second on the wire: more is not looked for.
  void set_wanted_rate(std::uint64_t rate_bps);
  /// What is missing before that number is not asked for again: see peer::Media.
  void forget_missing(peer::TransceiverId transceiver, Ssrc ssrc, std::int64_t before);

  /// For allocations that are made from now on, as after a restart of ICE: credentials are renewed
  /// so.
  void set_ice_servers(std::vector<IceServer> servers);

  /// Tells the peer, and lets go of the sockets.
  void close();

  /// W3C webrtc-stats; stats_json() writes it as text.
  /// @param supplement  what the application knows of its media
  peer::StatsReport get_stats(const peer::StatsSupplement& supplement = {}) const;

  peer::ConnectionState connection_state() const;
  peer::SignalingState signaling_state() const;

  /// The machine below, for reading.
  const peer::Connection& machine() const;

 private:
  std::shared_ptr<Session> session_;
};

}  // namespace duet::rtc

namespace duet {
using rtc::PeerConnection;
}
