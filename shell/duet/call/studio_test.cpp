// SPDX-License-Identifier: MIT
// Pictures and sound from one end to the other, with real codecs over real sockets on loopback.
#include <duet/base/random.hpp>
#include <duet/call/studio.hpp>
#include <duet/device/clock.hpp>
#include <duet/device/pattern.hpp>
#include <duet/device/pattern_mark.hpp>
#include <duet/device/tone_source.hpp>
#include <duet/media/tone.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace duet::call {
namespace {

constexpr codec::Size kSize{320, 180};

/// What was seen and heard.
struct Senses {
  std::mutex mutex;  // pictures come on another thread
  std::vector<std::uint32_t> counters;
  int unreadable = 0;
  std::vector<media::Sample> sound;  // the last second
  codec::Size first_frame;
  std::vector<Trouble> troubles;

  std::size_t pictures() {
    const std::lock_guard lock{mutex};
    return counters.size();
  }
};

struct End {
  End(net::EventLoop& loop, net::PostBox& box, rtc::Runtime& runtime, Equipment equipment) {
    equipment.picture_tap = [this](const codec::PicturePtr& picture) {
      const auto mark = device::read_pattern(*picture);
      const std::lock_guard lock{senses.mutex};
      if (mark) {
        senses.counters.push_back(mark->counter);
      } else {
        ++senses.unreadable;
      }
    };
    equipment.sound_tap = [this](std::span<const media::Sample> block) {
      senses.sound.insert(senses.sound.end(), block.begin(), block.end());
      constexpr std::size_t kSecond = 2 * media::kSampleRate;
      if (senses.sound.size() > kSecond) {
        senses.sound.erase(senses.sound.begin(),
                           senses.sound.end() - static_cast<std::ptrdiff_t>(kSecond));
      }
    };
    studio = std::make_unique<Studio>(
        loop, box, std::move(equipment),
        StudioHandler{
            .first_frame = [this](codec::Size size) { senses.first_frame = size; },
            .trouble = [this](const Trouble& trouble) { senses.troubles.push_back(trouble); }});
    connection = std::make_unique<PeerConnection>(
        runtime, rtc::Configuration{.loopback = rtc::Loopback::Only},
        rtc::Handlers{.ice_candidate =
                          [this](const peer::IceCandidateInit& candidate) {
                            (void)mate->connection->add_ice_candidate(candidate);
                          },
                      .event = [this](const peer::Event& event) { studio->handle_event(event); }});
    studio->connect(connection.get());
  }

  ~End() { studio->connect(nullptr); }

  End* mate = nullptr;
  Senses senses;
  std::unique_ptr<Studio> studio;
  std::unique_ptr<PeerConnection> connection;
};

struct StudioTest : testing::Test {
  static Equipment pattern_and_tone() {
    Equipment equipment;
    equipment.video_source = std::make_unique<device::Pattern>(kSize, 30);
    equipment.audio_source = std::make_unique<device::ToneSource>(device::AudioWish{});
    equipment.limits.size = kSize;
    return equipment;
  }

  void call(Equipment one, Equipment other) {
    alice = std::make_unique<End>(loop, box, runtime, std::move(one));
    bob = std::make_unique<End>(loop, box, runtime, std::move(other));
    alice->mate = bob.get();
    bob->mate = alice.get();
    negotiate();
  }

  void negotiate() {
    alice->studio->prepare_offer();
    ASSERT_TRUE(alice->connection->set_local_description());
    ASSERT_TRUE(bob->connection->set_remote_description(*alice->connection->local_description()));
    bob->studio->prepare_answer();
    ASSERT_TRUE(bob->connection->set_local_description());
    ASSERT_TRUE(alice->connection->set_remote_description(*bob->connection->local_description()));
  }

  void connect_anew() {
    for (End* one : {alice.get(), bob.get()}) {
      one->studio->connect(nullptr);
      one->connection = std::make_unique<PeerConnection>(
          runtime, rtc::Configuration{.loopback = rtc::Loopback::Only},
          rtc::Handlers{
              .ice_candidate =
                  [one](const peer::IceCandidateInit& candidate) {
                    (void)one->mate->connection->add_ice_candidate(candidate);
                  },
              .event = [one](const peer::Event& event) { one->studio->handle_event(event); }});
      one->studio->connect(one->connection.get());
    }
    negotiate();
  }

  bool run_until(const std::function<bool()>& condition, Duration longest = 15s) {
    for (const Instant end = loop.now() + longest; !condition() && loop.now() < end;) {
      loop.run_turn(20ms);
    }
    return condition();
  }

  net::EventLoop loop;
  SeededRandom random{1};
  rtc::Runtime runtime{loop, random};
  net::PostBox box{loop};
  std::unique_ptr<End> alice;
  std::unique_ptr<End> bob;
};

class StudioCodec : public StudioTest, public testing::WithParamInterface<media::Codec> {};

TEST_P(StudioCodec, CarriesPicturesAndSoundBothWays) {
  auto equipment = pattern_and_tone();
  equipment.limits.preferred = GetParam();
  call(std::move(equipment), pattern_and_tone());
  for (End* one : {alice.get(), bob.get()}) {
    ASSERT_TRUE(run_until([&] { return one->senses.pictures() >= 20; }))
        << (one == alice.get() ? "alice " : "bob ") << one->senses.pictures()
        << " pictures, packets " << one->studio->stats().received.packets << " frames "
        << one->studio->stats().video_buffer.frames_received << " malformed "
        << one->studio->stats().video_buffer.packets_malformed << " keys "
        << one->studio->stats().video_buffer.key_frames_received << " mate sent "
        << one->mate->studio->stats().sent.frames << " emitted "
        << one->studio->stats().video_buffer.frames_emitted;
    EXPECT_EQ(one->senses.first_frame, kSize);
    const std::lock_guard lock{one->senses.mutex};
    EXPECT_EQ(one->senses.unreadable, 0);
    EXPECT_TRUE(std::ranges::is_sorted(one->senses.counters));
  }
  EXPECT_EQ(alice->studio->stats().sent.codec, GetParam());
  for (End* one : {alice.get(), bob.get()}) {
    const auto heard = [&] { return media::measure_tone(one->senses.sound, 2); };
    ASSERT_TRUE(run_until([&] { return heard() && heard()->purity > 0.9; }));
    EXPECT_NEAR(heard()->frequency_hz, device::ToneSource::kFrequencyHz, 2);
    EXPECT_THAT(one->senses.troubles, testing::IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Codecs, StudioCodec,
                         testing::Values(media::Codec::Vp8, media::Codec::Vp9, media::Codec::H264,
                                         media::Codec::Av1),
                         [](const auto& each) { return std::string{name_of(each.param)}; });

/// A recorder that knows what its file holds, and has none.
class PickyRecorder final : public device::Recorder {
 public:
  explicit PickyRecorder(std::vector<media::Codec> suited) : suited_{std::move(suited)} {}

  void write(media::EncodedFrame, Duration) override {}

  void close() override {}

  bool needs_key_frame() const override { return false; }

  std::vector<media::Codec> suited() const override { return suited_; }

  std::optional<device::RecordingError> error() const override { return {}; }

  std::vector<std::filesystem::path> files() const override { return {}; }

  std::uint64_t dropped() const override { return 0; }

 private:
  std::vector<media::Codec> suited_;
};

TEST_F(StudioTest, AsksForWhatTheRecordingHoldsAndSendsWhatItLikes) {
  const auto recording = [](std::optional<media::Codec> wish) {
    auto equipment = pattern_and_tone();
    equipment.recorder = std::make_unique<PickyRecorder>(
        std::vector<media::Codec>{media::Codec::H264, media::Codec::Vp9});
    equipment.limits.preferred = wish;
    return equipment;
  };
  for (const auto wish : {std::optional<media::Codec>{}, std::optional{media::Codec::Av1}}) {
    call(pattern_and_tone(), recording(wish));
    ASSERT_TRUE(
        run_until([&] { return alice->senses.pictures() >= 5 && bob->senses.pictures() >= 5; }));
    EXPECT_EQ(alice->studio->stats().sent.codec, media::Codec::H264);
    EXPECT_EQ(bob->studio->stats().sent.codec, wish.value_or(media::Codec::Vp8));
  }
  call(recording({}), pattern_and_tone());  // it may be the one that offers, too
  ASSERT_TRUE(run_until([&] { return alice->senses.pictures() >= 5; }));
  EXPECT_EQ(bob->studio->stats().sent.codec, media::Codec::H264);
}

/// Counts what it is told to show, and knows whether there is a picture on it.
class CountingScreen final : public device::VideoSink {
 public:
  explicit CountingScreen(std::atomic<int>& shown, std::atomic<bool>& is_plain)
      : shown_{shown}, is_plain_{is_plain} {}

  void show(codec::PicturePtr) override {
    ++shown_;
    is_plain_ = false;
  }

  void clear() override { is_plain_ = true; }

 private:
  std::atomic<int>& shown_;
  std::atomic<bool>& is_plain_;
};

TEST_F(StudioTest, LeavesNobodysPictureOnTheScreen) {
  std::atomic<int> shown = 0;
  std::atomic<bool> is_plain = true;
  Equipment equipment;
  equipment.window = std::make_unique<CountingScreen>(shown, is_plain);
  call(pattern_and_tone(), std::move(equipment));
  ASSERT_TRUE(run_until([&] { return shown > 5; }));
  EXPECT_FALSE(is_plain);
  bob->studio->connect(nullptr);
  EXPECT_TRUE(is_plain);
  run_until([] { return false; }, 300ms);  // and none that was being decoded
  EXPECT_TRUE(is_plain);
}

/// A camera that encodes, and sees nothing.
class EncodingCamera : public device::VideoSource {
 public:
  std::optional<device::VideoCapture> read() override {
    waiter_.wait_until(Instant::max());
    return std::nullopt;
  }

  void interrupt() override { waiter_.interrupt(); }

  std::optional<device::Error> error() const override { return {}; }

  codec::Size size() const override { return kSize; }

  std::optional<media::Codec> encoded_as() const override { return media::Codec::H264; }

 protected:
  device::Waiter waiter_;
};

TEST_F(StudioTest, SaysThatTheOtherEndDoesNotTakeWhatTheCameraEncodes) {
  Equipment equipment;
  equipment.video_source = std::make_unique<EncodingCamera>();
  alice = std::make_unique<End>(loop, box, runtime, std::move(equipment));
  bob = std::make_unique<End>(loop, box, runtime, Equipment{});
  alice->mate = bob.get();
  bob->mate = alice.get();
  alice->studio->prepare_offer();
  ASSERT_TRUE(alice->connection->set_local_description());
  ASSERT_TRUE(bob->connection->set_remote_description(*alice->connection->local_description()));
  bob->studio->prepare_answer();
  for (const peer::Transceiver& each : bob->connection->transceivers()) {
    if (each.kind != peer::MediaKind::Video) continue;
    auto codecs = peer::default_capabilities().of(peer::MediaKind::Video).codecs;
    std::erase_if(codecs, [](const auto& codec) { return codec.name == "H264"; });
    ASSERT_TRUE(bob->connection->set_codec_preferences(each.id, codecs));
  }
  ASSERT_TRUE(bob->connection->set_local_description());
  ASSERT_TRUE(alice->connection->set_remote_description(*bob->connection->local_description()));
  ASSERT_TRUE(run_until([&] { return !alice->senses.troubles.empty(); }));
  EXPECT_THAT(alice->senses.troubles,
              testing::ElementsAre(Trouble{CodecNotTaken{media::Codec::H264}}));
}

/// A camera whose pictures no decoder here takes: H.264 of High 4:2:2 (H.264 §A.2.6).
class UnusualCamera final : public EncodingCamera {
 public:
  std::optional<device::VideoCapture> read() override {
    if (!waiter_.wait_until(device::now() + 20ms)) return std::nullopt;
    constexpr auto kHigh422 = std::to_array<std::uint8_t>(
        {0, 0, 0, 1, 0x67, 122, 0, 31, 0x80, 0, 0, 0, 1, 0x65, 0x88, 0x84, 0x21, 0xA0});
    const auto bytes = std::as_bytes(std::span{kHigh422});
    return device::VideoCapture{
        media::EncodedFrame{
            .codec = media::Codec::H264, .is_key = true, .bytes = {bytes.begin(), bytes.end()}},
        device::now()};
  }
};

TEST_F(StudioTest, SaysOncePerConnectionThatPicturesCanNotBeShown) {
  const PicturesRefused refused{codec::DecoderError::WrongFormat, media::Codec::H264};
  Equipment equipment;
  equipment.video_source = std::make_unique<UnusualCamera>();
  call(std::move(equipment), {});
  const auto receives_more = [&] {
    const auto before = bob->studio->stats().video_buffer.frames_emitted;
    return run_until(
        [&, this] { return bob->studio->stats().video_buffer.frames_emitted > before + 10; });
  };
  ASSERT_TRUE(receives_more());
  EXPECT_THAT(bob->senses.troubles, testing::ElementsAre(Trouble{refused}));
  connect_anew();
  ASSERT_TRUE(receives_more());
  EXPECT_THAT(bob->senses.troubles, testing::ElementsAre(Trouble{refused}, Trouble{refused}));
}

TEST_F(StudioTest, SaysOncePerConnectionThatPicturesCanNotBeEncoded) {
  auto equipment = pattern_and_tone();
  equipment.limits = {.size = {8, 8}, .preferred = media::Codec::H264};
  call(std::move(equipment), {});
  const auto is_of_encoder = testing::VariantWith<codec::EncoderError>(
      testing::Field(&codec::EncoderError::codec, media::Codec::H264));
  const auto hears_more = [&] {
    const auto before = bob->studio->stats().audio_packets;
    return run_until([&, this] { return bob->studio->stats().audio_packets > before + 50; });
  };
  ASSERT_TRUE(hears_more());
  EXPECT_THAT(alice->senses.troubles, testing::ElementsAre(is_of_encoder));
  connect_anew();
  ASSERT_TRUE(hears_more());
  EXPECT_THAT(alice->senses.troubles, testing::ElementsAre(is_of_encoder, is_of_encoder));
}

TEST_F(StudioTest, SendsNothingWhileTheCameraIsOffAndGoesOnWhenItIsOn) {
  call(pattern_and_tone(), {});
  ASSERT_TRUE(run_until([&] { return bob->senses.pictures() >= 5; }));
  alice->studio->set_camera_on(false);
  run_until([] { return false; }, 300ms);
  const auto before = bob->senses.pictures();
  run_until([] { return false; }, 300ms);
  EXPECT_EQ(bob->senses.pictures(), before);
  alice->studio->set_camera_on(true);
  EXPECT_TRUE(run_until([&] { return bob->senses.pictures() > before + 5; }));
}

/// What an application asks for by setParameters().
void set_encoding(End& end, peer::MediaKind kind, const peer::EncodingParameters& encoding) {
  for (const peer::Transceiver& one : end.connection->transceivers()) {
    if (one.kind != kind) continue;
    auto parameters = end.connection->get_parameters(one.id);
    ASSERT_TRUE(parameters);
    parameters->encodings = {encoding};
    EXPECT_TRUE(end.connection->set_parameters(one.id, *parameters));
    return;
  }
  FAIL() << "no such transceiver";
}

TEST_F(StudioTest, SendsNothingWhileItsEncodingIsNotActive) {
  call(pattern_and_tone(), {});
  ASSERT_TRUE(run_until([&] { return bob->senses.pictures() >= 5; }));
  ASSERT_TRUE(run_until([&] { return bob->studio->stats().audio_packets > 10; }));
  set_encoding(*alice, peer::MediaKind::Video, {.active = false});
  set_encoding(*alice, peer::MediaKind::Audio, {.active = false});
  run_until([] { return false; }, 300ms);
  const auto pictures = bob->senses.pictures();
  const auto packets = bob->studio->stats().audio_packets;
  run_until([] { return false; }, 300ms);
  EXPECT_EQ(bob->senses.pictures(), pictures);
  EXPECT_EQ(bob->studio->stats().audio_packets, packets);
  set_encoding(*alice, peer::MediaKind::Video, {});
  set_encoding(*alice, peer::MediaKind::Audio, {});
  EXPECT_TRUE(run_until([&] {
    return bob->senses.pictures() > pictures + 5 &&
           bob->studio->stats().audio_packets > packets + 10;
  }));
}

TEST_F(StudioTest, SendsNoMoreThanItsEncodingMayHave) {
  call(pattern_and_tone(), {});
  ASSERT_TRUE(run_until([&] { return bob->senses.pictures() >= 5; }));
  set_encoding(*alice, peer::MediaKind::Video,
               {.max_bitrate = 100'000, .max_framerate = 10, .scale_resolution_down_by = 2});
  EXPECT_TRUE(run_until([&] { return alice->studio->stats().sent.size.width <= kSize.width / 2; }));
  run_until([] { return false; }, 1s);  // what was under way, and the encoder's settling
  const auto before = alice->studio->stats().sent;
  run_until([] { return false; }, 2s);
  const auto after = alice->studio->stats().sent;
  EXPECT_LE(after.frames - before.frames, 22u);
  EXPECT_GE(after.frames - before.frames, 5u);
  EXPECT_LE((after.bytes - before.bytes) * 8 / 2, 130'000u);
}

TEST_F(StudioTest, SendsSilenceWhileMuted) {
  call(pattern_and_tone(), {});
  const auto level = [&] {
    const auto heard = media::measure_tone(bob->senses.sound, 2);
    return heard ? heard->level : 0;
  };
  ASSERT_TRUE(run_until([&] { return level() > 0.05; }));
  alice->studio->set_muted(true);
  EXPECT_TRUE(run_until([&] { return level() < 0.005; }));
  alice->studio->set_muted(false);
  EXPECT_TRUE(run_until([&] { return level() > 0.05; }));
}

TEST_F(StudioTest, ReceivesWithoutAnythingToSend) {
  call({}, pattern_and_tone());
  EXPECT_TRUE(run_until([&] { return alice->senses.pictures() >= 10; }));
  EXPECT_EQ(bob->senses.pictures(), 0u);
}

TEST_F(StudioTest, RecordsWhatComes) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("duet-studio-" + std::to_string(::getpid()) + ".mkv");
  auto recorder = device::Recorder::open(file);
  ASSERT_TRUE(recorder);
  Equipment equipment;
  equipment.recorder = *std::move(recorder);
  call(pattern_and_tone(), std::move(equipment));
  ASSERT_TRUE(run_until([&] { return bob->senses.pictures() >= 30; }));
  bob.reset();  // closes it
  EXPECT_GT(std::filesystem::file_size(file), 10'000u);
  std::filesystem::remove(file);
}

TEST_F(StudioTest, OutlivesItsConnection) {
  call(pattern_and_tone(), pattern_and_tone());
  ASSERT_TRUE(run_until([&] { return bob->senses.pictures() >= 5; }));
  connect_anew();
  const auto before = bob->senses.pictures();
  EXPECT_TRUE(run_until([&] { return bob->senses.pictures() >= before + 10; }));
}

}  // namespace
}  // namespace duet::call
