// SPDX-License-Identifier: MIT
// The congestion control of a connection's media: estimate, pacer, budget and what waits for them.
#pragma once

#include <duet/congestion/controller.hpp>
#include <duet/congestion/media_budget.hpp>
#include <duet/congestion/pacer.hpp>
#include <duet/peer/packet_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace duet::peer {

/// Decides when Media sends which kind of packet. Sound never waits; of the rest, what was asked
/// for again comes before pictures, as long as that leaves pictures their half, and padding last.
class MediaControl {
 public:
  using Kind = congestion::MediaBudget::Kind;

  /// A probe waits so long for a picture to be made of.
  static constexpr Duration kProbeWait = 40ms;
  /// A change of the target by less is not worth an encoder's attention.
  static constexpr double kWorthTelling = 0.02;

  explicit MediaControl(const congestion::Config& config);

  /// Which kind of packet may leave now.
  /// @param has_repairs  retransmissions wait
  std::optional<Kind> next(Instant now, bool has_repairs);

  /// There was nothing to pad with.
  void abandon_probe() { pacer_.abandon_probe(); }

  /// @param size      without the overhead of encryption, UDP and IP
  /// @param sequence  the transport-wide number; nothing if the packet has none
  void handle_sent(Instant now, Kind kind, std::size_t size,
                   std::optional<rtp::SequenceNumber> sequence);
  void handle_feedback(Instant now, const rtp::TransportFeedback& feedback);
  void handle_report(Instant now, double fraction_lost, std::optional<Duration> round_trip);
  void handle_remote_limit(Instant now, std::uint64_t rate_bps);
  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout(bool has_repairs) const;

  void set_wanted_rate(std::uint64_t rate_bps) { controller_.set_wanted_rate(rate_bps); }

  /// Bits per second.
  struct Target {
    double media = 0;  ///< that encoders of pictures may make, all together
    double sound = 0;  ///< that sound may take of the wire
  };

  /// What may be made from now on; nothing if it has hardly changed since it was last told.
  std::optional<Target> poll_target();

  /// True once after an outage: nobody has what was sent meanwhile.
  bool poll_outage_ended() { return controller_.poll_outage_ended(); }

  PacketQueue& pictures() { return pictures_; }

  const PacketQueue& pictures() const { return pictures_; }

  const congestion::Controller& controller() const { return controller_; }

  std::uint64_t target_bps() const { return static_cast<std::uint64_t>(target_.media); }

 private:
  void update(Instant now);
  void begin_probe(Instant now);

  congestion::Config config_;
  congestion::Controller controller_;
  congestion::Pacer pacer_;
  congestion::MediaBudget budget_;
  PacketQueue pictures_;
  std::optional<Instant> picture_at_;   // the last one sent
  std::optional<Instant> probe_since_;  // a cluster waits
  Target target_;
  Target told_;
};

}  // namespace duet::peer
