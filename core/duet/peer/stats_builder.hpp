// SPDX-License-Identifier: MIT
// The inside of get_stats(): a report while it is being made.
#pragma once

#include <duet/peer/connection.hpp>
#include <duet/peer/stats.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::peer {

class StatsBuilder {
 public:
  StatsBuilder(Instant now, const Connection& connection, const StatsSupplement& supplement)
      : connection_{connection}, supplement_{supplement}, now_{time_of(now)} {}

  // stats.cpp
  void add_connection();
  void add_channels();
  void add_transport();

  // stats_media.cpp
  void add_transceiver(const Transceiver& transceiver);

  StatsReport take() { return std::move(report_); }

 private:
  /// Whose streams are being written.
  struct Context {
    const Transceiver& transceiver;
    const MediaStats* media;  ///< nullptr where the application told nothing
  };

  template <class T>
  T begin(std::string id) const {
    T entry;
    entry.id = std::move(id);
    entry.timestamp = now_;
    return entry;
  }

  StatsTime time_of(Instant at) const { return connection_.ntp_clock().at(at).since_unix(); }

  std::optional<StatsTime> time_of(std::optional<Instant> at) const {
    return at ? std::optional{time_of(*at)} : std::nullopt;
  }

  // stats.cpp
  std::string add_certificate(std::span<const std::byte> der);
  void add_candidates(const ice::Agent& agent);
  std::string add_pairs(const ice::Agent& agent);
  std::string url_of(std::size_t server) const;

  // stats_media.cpp
  void add_outbound(const Context& context, const rtp::RtpSender& sender);
  void add_inbound(const Context& context, const rtp::RtpReceiver& receiver);
  std::string add_remote_inbound(const OutboundRtpStreamStats& local, const rtp::RtpSender& sender);
  std::string add_remote_outbound(const InboundRtpStreamStats& local,
                                  const rtp::RtpReceiver& receiver);
  std::string add_codec(MediaKind kind, std::string_view direction, const Codec* codec);

  const Connection& connection_;
  const StatsSupplement& supplement_;
  StatsTime now_;
  StatsReport report_;
};

inline constexpr std::string_view kTransportStatsId = "transport";

}  // namespace duet::peer
