// SPDX-License-Identifier: MIT
// Offers and answers: what the W3C's RTCPeerConnection decides before a packet flows.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/result.hpp>
#include <duet/peer/capabilities.hpp>
#include <duet/peer/error.hpp>
#include <duet/peer/number_table.hpp>
#include <duet/peer/session_description.hpp>
#include <duet/peer/transceiver.hpp>
#include <duet/peer/transport_parameters.hpp>
#include <duet/sdp/description.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duet::peer {

/// What a connection brings into every description.
struct NegotiationSettings {
  Capabilities capabilities;
  std::vector<sdp::Fingerprint> fingerprints;  // of the certificate; at least one
  std::uint16_t sctp_port = 5000;
  std::uint64_t max_message_size = 262'144;      // bytes that we take in one message; 0 for any
  std::optional<std::uint64_t> max_packet_size;  // of SCTP, that we take; see sdp::MediaSection
};

struct OfferOptions {
  bool ice_restart = false;
};

/// W3C webrtc #dom-rtcrtptransceiverinit, with one encoding.
struct TransceiverInit {
  Direction direction = Direction::SendRecv;
  std::optional<std::string> track_id = {};
  std::vector<std::string> stream_ids = {};
  EncodingParameters send_encoding = {};
};

// Events. What changed is read from the Negotiation.
struct SignalingStateChanged {
  SignalingState state{};
};

/// W3C webrtc #event-negotiation: make an offer, by set_local_description() at best.
struct NegotiationNeeded {};

/// transport() is another than before.
struct TransportChanged {};

/// A candidate for transport().remote_ice, in the order they came; empty for no more.
struct RemoteCandidate {
  std::string candidate;
};

/// A candidate to signal; an empty one says that there are no more.
struct IceCandidateFound {
  IceCandidateInit candidate;
};

/// sctp() is another than before.
struct SctpChanged {};

/// A transceiver's parameters, current direction or mid are others than before.
struct TransceiverChanged {
  TransceiverId id;
};

/// A transceiver's `encoding` is another than before.
struct ParametersChanged {
  TransceiverId id;
};

/// W3C "track": the peer begins to send in this transceiver.
struct TrackAdded {
  TransceiverId id;
};

/// The peer no longer sends; the track is muted and has left its streams.
struct TrackRemoved {
  TransceiverId id;
};

/// Stopped, by either end or a rollback, and no longer among transceivers().
struct TransceiverRemoved {
  TransceiverId id;
};

using NegotiationEvent =
    std::variant<SignalingStateChanged, NegotiationNeeded, TransportChanged, RemoteCandidate,
                 IceCandidateFound, SctpChanged, TransceiverChanged, ParametersChanged, TrackAdded,
                 TrackRemoved, TransceiverRemoved>;

/// The signaling half of an RTCPeerConnection (W3C webrtc, RFC 9429), without a transport.
///
/// One transport carries everything: bundlePolicy is max-bundle, rtcpMuxPolicy require. An
/// m-section that the peer can't bundle with the first one is refused. Calls are the W3C's and take
/// effect at once; where the W3C rejects a promise, they return an Error and change nothing.
///
/// Text from the peer is bounded by duet/sdp; transceivers, mids and payload types by kMax...
/// below.
class Negotiation {
 public:
  /// Transceivers and the data channels' section together never exceed sdp::kMaxSections.
  static constexpr std::size_t kMaxTransceivers = sdp::kMaxSections - 1;
  /// Ids of tracks and streams, in bytes.
  static constexpr std::size_t kMaxId = 256;
  static constexpr std::size_t kMaxStreams = 16;
  /// Of the peer's for one pair of credentials; RFC 8445 §5.1.2.2 thinks of 100 pairs in all.
  static constexpr std::size_t kMaxRemoteCandidates = 256;

  /// @param random  draws ids, SSRCs, ICE credentials; outlives this
  Negotiation(NegotiationSettings settings, Random& random);
  ~Negotiation();
  Negotiation(const Negotiation&) = delete;
  Negotiation& operator=(const Negotiation&) = delete;

  // Transceivers

  /// OperationError if there are too many; TypeError for ids that don't fit a description.
  Result<TransceiverId, Error> add_transceiver(MediaKind kind, TransceiverInit init = {});
  /// Takes a transceiver that has not sent yet, or makes one (W3C webrtc
  /// #dom-rtcpeerconnection-addtrack). InvalidAccessError if the track is being sent already.
  Result<TransceiverId, Error> add_track(MediaKind kind, std::string track_id,
                                         std::vector<std::string> stream_ids = {});
  Result<void, Error> remove_track(TransceiverId id);
  /// Without a negotiation: another track of the same kind, or none.
  Result<void, Error> replace_track(TransceiverId id, std::optional<std::string> track_id);
  Result<void, Error> set_streams(TransceiverId id, std::vector<std::string> stream_ids);
  Result<void, Error> set_direction(TransceiverId id, Direction direction);
  /// What is asked of the stream that is sent, and what it is like. InvalidAccessError for a
  /// transceiver that is gone.
  Result<SendParameters, Error> get_parameters(TransceiverId id);
  /// What get_parameters() gave, with another encoding: in force at once. InvalidStateError if they
  /// were not read since they were set, InvalidModificationError if something else is another,
  /// RangeError for numbers that can't be.
  Result<void, Error> set_parameters(TransceiverId id, const SendParameters& parameters);
  /// Which of the capabilities' codecs to offer, in this order; empty for all of them.
  /// InvalidModificationError for a codec that is none of them, or for none that carries media.
  Result<void, Error> set_codec_preferences(TransceiverId id, std::vector<CodecCapability> codecs);
  Result<void, Error> stop(TransceiverId id);

  /// In the order they were made, stopped ones left out.
  const std::vector<Transceiver>& transceivers() const { return transceivers_; }

  /// nullptr for one that is gone. Valid until the next non-const call.
  const Transceiver* find(TransceiverId id) const;

  /// A data channel was made: descriptions have an application section from now on.
  Result<void, Error> add_data_channels();

  // Descriptions

  Result<SessionDescription, Error> create_offer(OfferOptions options = {});
  Result<SessionDescription, Error> create_answer();
  /// Offer or answer, whichever the state asks for (W3C webrtc
  /// #dom-peerconnection-setlocaldescription).
  Result<void, Error> set_local_description();
  /// InvalidModificationError unless it is what create_offer() or create_answer() made last.
  Result<void, Error> set_local_description(const SessionDescription& description);
  /// An offer that meets one of ours rolls ours back first.
  Result<void, Error> set_remote_description(const SessionDescription& description);

  /// Nothing where the W3C has null. Local ones with the candidates found so far.
  std::optional<SessionDescription> local_description() const;
  std::optional<SessionDescription> remote_description() const;
  std::optional<SessionDescription> current_local_description() const;
  std::optional<SessionDescription> current_remote_description() const;
  std::optional<SessionDescription> pending_local_description() const;
  std::optional<SessionDescription> pending_remote_description() const;

  // ICE

  /// Asks for an ICE restart with the next offer.
  void restart_ice();
  /// A candidate of the peer's (W3C webrtc #dom-peerconnection-addicecandidate). What it says in
  /// itself is not looked at.
  Result<void, Error> add_ice_candidate(const IceCandidateInit& candidate);
  /// A candidate that ICE found for the credentials `ufrag`, or "" when it has found all. It goes
  /// into the local description; returned is what to signal, nothing if no description has that
  /// ufrag any more. An answer that refuses the section they were told for has them told again, by
  /// IceCandidateFound, for the one it chose.
  std::optional<IceCandidateInit> add_local_candidate(std::string_view ufrag,
                                                      std::string_view candidate);

  // State

  SignalingState signaling_state() const { return state_; }

  const TransportParameters& transport() const { return transport_; }

  /// Nothing while data channels are not agreed on.
  const std::optional<SctpParameters>& sctp() const { return sctp_; }

  /// Every later call but reading is an InvalidStateError, and nothing happens any more.
  void close();

  std::optional<NegotiationEvent> poll_event();

 private:
  /// A description that was made or set, and whose transceiver each of its sections is.
  struct Applied {
    SdpType type = SdpType::Offer;
    sdp::Description sdp;
    std::vector<std::optional<TransceiverId>> owners;  // one for each section
  };

  /// What a rollback returns to (RFC 9429 §4.1.10.2).
  struct Stable {
    std::vector<Transceiver> transceivers;
    NumberTable numbers;
    std::optional<bool> controlling;
  };

  /// Candidates of the peer's that were not handed out yet, or were, for one pair of credentials.
  struct RemoteCandidates {
    struct Entry {
      std::size_t section;
      std::string candidate;
    };

    std::string ufrag;
    /// First named by an offer: sections may have had transports of their own, and only the
    /// candidates of the one that was chosen lead anywhere.
    bool by_offer = false;
    std::vector<Entry> entries;
    std::size_t handed_out = 0;
    std::vector<std::size_t> ended;  // sections
    bool end_handed_out = false;
  };

  /// What announce() compares with.
  struct Before {
    SignalingState state;
    std::vector<Transceiver> transceivers;
  };

  // transceiver_calls.cpp
  Result<Transceiver*, Error> usable(TransceiverId id);
  Transceiver& make_transceiver(MediaKind kind, Direction direction);
  Transceiver* find_mutable(TransceiverId id);
  const std::vector<CodecCapability>& codecs_of(const Transceiver& transceiver) const;
  Ssrc draw_ssrc();

  // send_parameters.cpp
  static Result<EncodingParameters, Error> checked_encoding(MediaKind kind,
                                                            EncodingParameters encoding);

  // local_section.cpp
  sdp::MediaSection rtp_section(const Transceiver& transceiver, Direction direction) const;
  sdp::TransportAttributes transport_attributes(const IceParameters& ice, sdp::Setup setup) const;
  Result<Applied, Error> finish_description(SdpType type,
                                            const std::vector<sdp::MediaSection>& sections,
                                            std::vector<std::string> bundle,
                                            std::vector<std::optional<TransceiverId>> owners);
  IceParameters draw_ice_parameters();
  std::string draw_mid(const std::vector<sdp::MediaSection>& taken);

  // offer.cpp, answer.cpp
  Result<Applied, Error> build_offer(bool ice_restart);
  sdp::MediaSection offered_section(const Transceiver& transceiver, NumberTable& numbers) const;
  sdp::MediaSection offered_data_section() const;
  Result<Applied, Error> build_answer();
  sdp::MediaSection answered_section(const sdp::MediaSection& offer,
                                     const Transceiver& transceiver) const;
  sdp::MediaSection answered_data_section(const sdp::MediaSection& offer) const;
  IceParameters ice_for_answer();
  sdp::Setup setup_for_answer(const sdp::MediaSection& offer) const;

  // local_description.cpp, remote_description.cpp, rollback.cpp
  Result<void, Error> refuse_type(SdpType type) const;
  void apply_local(Applied applied);
  Result<void, Error> check_remote(SdpType type, const sdp::Description& description) const;
  void apply_remote_offer(sdp::Description offer);
  void apply_remote_answer(SdpType type, sdp::Description answer);
  Transceiver& associate(const sdp::MediaSection& section, std::size_t index);
  void hear_of_track(Transceiver& transceiver, const sdp::MediaSection& section);
  void learn_numbers(const sdp::Description& description);
  void leave_stable();
  void negotiate();
  void finish();
  Result<void, Error> rollback();
  void roll_back();
  void return_to_stable();

  // negotiation_needed.cpp
  bool is_negotiation_needed() const;
  bool needs_negotiation(const Transceiver& transceiver) const;
  void update_negotiation_needed();

  // negotiated_state.cpp
  struct AnsweredPair {
    const Applied* local;
    const Applied* remote;
    const Applied* answer;
  };

  const Applied* latest_local() const;
  std::optional<AnsweredPair> answered_pair() const;
  TransportParameters compute_transport() const;
  std::optional<SctpParameters> compute_sctp() const;

  Before before() const { return {state_, transceivers_}; }

  void announce(const Before& before);
  void announce_transceivers(const std::vector<Transceiver>& before);

  // ice_candidates.cpp
  RemoteCandidates& candidates_of(const std::string& ufrag, bool by_offer);
  void collect_candidates(const sdp::Description& description, bool is_offer);
  static void note_end(RemoteCandidates& known, std::size_t section);
  static bool is_collected(const RemoteCandidates& known, std::size_t section,
                           std::string_view candidate);
  static bool collect(RemoteCandidates& known, std::size_t section, std::string_view candidate);
  void hand_out_candidates();
  std::optional<std::size_t> chosen_section(const Applied& local) const;
  void tell_candidates_again();
  Result<void, Error> check_candidate(const IceCandidateInit& candidate) const;
  bool add_to_section(Applied& applied, std::size_t index, std::string_view text);

  NegotiationSettings settings_;
  Random& random_;
  std::string session_id_;
  std::uint64_t version_ = 1;
  std::string cname_;
  std::string tls_id_;

  SignalingState state_ = SignalingState::Stable;
  std::vector<Transceiver> transceivers_;
  std::uint32_t last_transceiver_ = 0;
  std::uint32_t next_mid_ = 0;
  bool wants_data_channels_ = false;
  NumberTable numbers_;

  std::optional<Applied> current_local_;
  std::optional<Applied> current_remote_;
  std::optional<Applied> pending_local_;
  std::optional<Applied> pending_remote_;
  std::optional<Applied> created_offer_;
  std::optional<Applied> created_answer_;
  std::optional<Stable> stable_;

  TransportParameters transport_;
  std::optional<SctpParameters> sctp_;
  std::optional<bool> controlling_;
  std::vector<std::string> ufrags_to_replace_;
  std::vector<RemoteCandidates> remote_candidates_;

  bool negotiation_needed_ = false;
  std::deque<NegotiationEvent> events_;
};

}  // namespace duet::peer
