// SPDX-License-Identifier: MIT
// Two Studios over two connections on loopback.
#include "loop_media.hpp"

#include "call_flow.hpp"
#include "call_meter.hpp"
#include "exit_code.hpp"
#include <duet/base/json_string.hpp>
#include <duet/call/studio.hpp>
#include <duet/device/sources.hpp>
#include <duet/host/system_random.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/post_box.hpp>
#include <duet/rtc/peer_connection.hpp>
#include <duet/words/words.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace duet::apps {

using config::Say;
using config::Sentence;

namespace {

/// A call on loopback that has not come about by then never will.
constexpr Duration kPatience = 10s;
constexpr Duration kUsualCall = 10s;

double milliseconds(Duration time) { return static_cast<double>(time.count()) / 1000; }

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// One end: its media, its connection, its figures.
class MediaEnd {
 public:
  MediaEnd(std::string_view name, rtc::Runtime& runtime, net::PostBox& box,
           call::Equipment equipment, const std::function<void(const Step&)>& tell,
           std::function<void(std::string_view end, const call::Trouble&)> complain)
      : name_{name},
        loop_{runtime.loop()},
        flow_{name, tell},
        studio_{
            loop_, box, std::move(equipment),
            call::StudioHandler{
                .first_frame = [this](codec::Size size) { see(size); },
                .trouble =
                    [this, complain = std::move(complain)](const call::Trouble& trouble) {
                      complain(name_, trouble);
                      const auto sentence = words::render(trouble, config::Language::English);
                      flow_.say(loop_.now(), "trouble", sentence, {{"text", as_json(sentence)}});
                    }}},
        connection_{runtime, rtc::Configuration{.loopback = rtc::Loopback::Only}, handlers()} {
    studio_.connect(&connection_);
  }

  ~MediaEnd() { studio_.connect(nullptr); }

  MediaEnd(const MediaEnd&) = delete;
  MediaEnd& operator=(const MediaEnd&) = delete;

  void set_mate(MediaEnd& mate) { mate_ = &mate; }

  void handle_start(Instant now) { meter_.handle_both_there(now, studio_.stats()); }

  call::Studio& studio() { return studio_; }

  std::string_view name() const { return name_; }

  /// This end's description is made, and given to the mate.
  bool describe() {
    if (!connection_.set_local_description()) return false;
    const auto description = connection_.local_description();
    flow_.describe(loop_.now(), "sdp.local", *description);
    mate_->flow_.describe(loop_.now(), "sdp.remote", *description);
    return mate_->connection_.set_remote_description(*description).has_value();
  }

  bool is_connected() const {
    return connection_.connection_state() == peer::ConnectionState::Connected;
  }

  /// What this end received. Asked once, at the end.
  CallFigures conclude() {
    if (const auto path = path_of(connection_.machine())) meter_.handle_path(*path);
    const call::StudioStats stats = studio_.stats();
    CallFigures figures = meter_.figures(loop_.now(), stats);
    tell(figures, stats);
    return figures;
  }

  void hang_up() {
    studio_.connect(nullptr);
    connection_.close();
    flow_.say(loop_.now(), "ended", "");
  }

 private:
  rtc::Handlers handlers() {
    rtc::Handlers handlers;
    handlers.ice_candidate = [this](const peer::IceCandidateInit& candidate) {
      mate_->flow_.candidate(loop_.now(), candidate);
      (void)mate_->connection_.add_ice_candidate(candidate);
    };
    handlers.connection_state = [this](peer::ConnectionState state) {
      if (state == peer::ConnectionState::Connected)
        meter_.handle_connected(loop_.now(), studio_.stats());
    };
    handlers.event = [this](const peer::Event& event) {
      flow_.handle(loop_.now(), connection_.machine(), event);
      studio_.handle_event(event);
    };
    return handlers;
  }

  void see(codec::Size size) {
    meter_.handle_first_frame(loop_.now(), studio_.stats());
    flow_.say(loop_.now(), "frame.first", fmt::format("{}x{}", size.width, size.height),
              {{"width", std::to_string(size.width)}, {"height", std::to_string(size.height)}});
  }

  void tell(const CallFigures& figures, const call::StudioStats& stats) {
    const auto& video = stats.received;
    const auto codec = mate_->studio_.stats().sent.codec;
    const std::string codec_name{codec ? media::name_of(*codec) : ""};
    std::vector<std::pair<std::string_view, std::string>> fields;
    std::string text;
    if (figures.connected) {
      text = fmt::format("connected after {:.0f} ms", milliseconds(*figures.connected));
      fields.emplace_back("connected_ms", fmt::format("{:.1f}", milliseconds(*figures.connected)));
    }
    if (figures.video_first) {
      text += fmt::format(", first picture after {:.0f} ms", milliseconds(*figures.video_first));
      fields.emplace_back("first_ms", fmt::format("{:.1f}", milliseconds(*figures.video_first)));
    }
    if (figures.video_fps) {
      text += fmt::format(", {} {}x{} {:.1f} fps {:.0f} kb/s", codec_name, video.size.width,
                          video.size.height, *figures.video_fps, *figures.video_rate / 1000);
      fields.insert(fields.end(), {{"codec", as_json(codec_name)},
                                   {"width", std::to_string(video.size.width)},
                                   {"height", std::to_string(video.size.height)},
                                   {"frames", std::to_string(video.frames)},
                                   {"fps", fmt::format("{:.1f}", *figures.video_fps)},
                                   {"bps", fmt::format("{:.0f}", *figures.video_rate)},
                                   {"freezes", std::to_string(stats.freezes.freeze_count)}});
    }
    if (figures.audio_level) {
      text += fmt::format(", sound {:.2f}", *figures.audio_level);
      fields.emplace_back("audio_level", fmt::format("{:.4f}", *figures.audio_level));
    }
    if (figures.loss) {
      text += fmt::format(", loss {:.1f} %", *figures.loss * 100);
      fields.emplace_back("loss", fmt::format("{:.4f}", *figures.loss));
    }
    flow_.say(loop_.now(), "figures", std::move(text), std::move(fields));
  }

  std::string_view name_;
  net::EventLoop& loop_;
  MediaEnd* mate_ = nullptr;
  CallMeter meter_;
  CallFlow flow_;
  call::Studio studio_;
  rtc::PeerConnection connection_;
};

class MediaLoop {
 public:
  MediaLoop(const LoopOptions& options, std::ostream& out, std::ostream& error)
      : options_{options}, out_{out}, error_{error} {}

  int run() {
    // Before there is any other thread: signals are for this one.
    loop_.on_termination([this](int number) { signal_ = number; });
    call::Equipment ours = equipment();
    call::Equipment theirs = equipment();
    if (!open(ours, theirs)) return to_int(ExitCode::Device);
    runtime_.identity();  // so that the first step doesn't wait for it
    start_ = loop_.now();
    const auto tell = [this](const Step& step) { this->tell(step); };
    const auto complain = [this](std::string_view of, const call::Trouble& trouble) {
      say(of, trouble);
    };
    MediaEnd caller{"caller", runtime_, box_, std::move(ours), tell, complain};
    MediaEnd callee{"callee", runtime_, box_, std::move(theirs), tell, complain};
    caller.set_mate(callee);
    callee.set_mate(caller);
    caller.handle_start(start_);
    callee.handle_start(start_);
    caller.studio().prepare_offer();
    if (!caller.describe()) return to_int(ExitCode::InternalError);
    callee.studio().prepare_answer();
    if (!callee.describe()) return to_int(ExitCode::InternalError);

    const auto is_up = [&] { return caller.is_connected() && callee.is_connected(); };
    run_until(is_up, kPatience);
    ExitCode code = ExitCode::Finished;
    if (is_up()) {
      stay();
      for (MediaEnd* one : {&caller, &callee}) {
        if (!comes_up_to(one->name(), one->conclude())) code = ExitCode::Expectation;
      }
      callee.studio().finish_files();
      if (callee.studio().has_failed_to_store()) code = ExitCode::Device;
    } else if (signal_) {
      code = *signal_ == SIGTERM ? ExitCode::Terminated : ExitCode::Interrupted;
      say({Say::EndHungUp});
    } else {
      code = ExitCode::NoPath;
      say({Say::EndNoPath});
    }
    caller.hang_up();
    callee.hang_up();
    return to_int(code);
  }

 private:
  call::Equipment equipment() const {
    call::Equipment equipment;
    equipment.limits = {.size = *options_.size,
                        .fps = static_cast<double>(*options_.fps),
                        .rate_bps = options_.bitrate->bps,
                        .is_screen = options_.video->kind == device::VideoSpec::Kind::Screen,
                        .preferred = preferred(*options_.codec)};
    return equipment;
  }

  /// The caller sends what was asked for; the callee answers a picture with the pattern, and sound
  /// with a tone.
  bool open(call::Equipment& caller, call::Equipment& callee) {
    using device::AudioSpec;
    using device::VideoSpec;
    const bool has_video = options_.video->kind != VideoSpec::Kind::None;
    const bool has_audio = options_.audio->kind != AudioSpec::Kind::None;
    callee.limits.is_screen = false;
    const auto open_both = [&](call::Equipment& end, const VideoSpec& video,
                               const AudioSpec& audio) {
      const Instant together = loop_.now();
      return put("--video", end.video_source,
                 device::open_video_source(video, {.size = *options_.size,
                                                   .fps = static_cast<double>(*options_.fps),
                                                   .start = together})) &&
             put("--audio", end.audio_source,
                 device::open_audio_source(audio, {.start = together}));
    };
    if (!open_both(caller, *options_.video, *options_.audio) ||
        !open_both(callee, {has_video ? VideoSpec::Kind::Pattern : VideoSpec::Kind::None, ""},
                   {has_audio ? AudioSpec::Kind::Tone : AudioSpec::Kind::None, ""})) {
      return false;
    }
    return !*options_.record ||
           put("--record", callee.recorder, device::Recorder::open(**options_.record));
  }

  template <class T, class Error>
  bool put(std::string_view flag, std::unique_ptr<T>& place,
           Result<std::unique_ptr<T>, Error> opened) {
    if (!opened) {
      say(flag, opened.error());
      return false;
    }
    place = *std::move(opened);
    return true;
  }

  void run_until(const std::function<bool()>& condition, Duration longest) {
    const Instant end = loop_.now() + longest;
    while (!signal_ && !condition() && loop_.now() < end) loop_.run_turn(end - loop_.now());
  }

  /// The call itself, and what it costs.
  void stay() {
    const Instant begin = loop_.now();
    const std::clock_t before = std::clock();
    run_until([] { return false; }, options_.duration->value_or(kUsualCall));
    const double spent = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    const double share = spent * 1000 / std::max(milliseconds(loop_.now() - begin), 1.0);
    tell({loop_.now(),
          "both",
          "cpu",
          fmt::format("{:.1f} % of one core", share * 100),
          {{"share", fmt::format("{:.4f}", share)}}});
  }

  bool comes_up_to(std::string_view end, const CallFigures& figures) {
    const auto all = missed(*options_.expect, figures);
    for (const Missed& each : all) {
      say(fmt::format("{}: {}", end, render(sentence_of(each), options_.language)));
      tell({loop_.now(),
            end,
            "expectation",
            each.expectation + ": " + each.was,
            {{"missed", as_json(each.expectation)}, {"was", as_json(each.was)}}});
    }
    return all.empty();
  }

  void tell(const Step& step) {
    out_ << (*options_.json ? to_json(step, start_) : to_line(step, start_)) << '\n' << std::flush;
  }

  void say(const Sentence& sentence) { say(render(sentence, options_.language)); }

  void say(std::string_view of, const call::Trouble& trouble) {
    say(fmt::format("{}: {}", of, words::render(trouble, options_.language)));
  }

  void say(const std::string& sentence) { error_ << "duet: " << sentence << '\n' << std::flush; }

  const LoopOptions& options_;
  std::ostream& out_;
  std::ostream& error_;
  net::EventLoop loop_;
  host::SystemRandom random_;
  rtc::Runtime runtime_{loop_, random_};
  net::PostBox box_{loop_};
  Instant start_ = loop_.now();
  std::optional<int> signal_;
};

}  // namespace

int loop_media(const LoopOptions& options, std::ostream& out, std::ostream& error) {
  MediaLoop loop{options, out, error};
  return loop.run();
}

}  // namespace duet::apps
