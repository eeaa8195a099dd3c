// SPDX-License-Identifier: MIT
// A queue, and a thread that sorts what is in it into files.
#include <duet/device/container.hpp>
#include <duet/device/output_file.hpp>
#include <duet/device/recorder.hpp>

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace duet::device {
namespace {

using Clock = std::chrono::steady_clock;

/// So much is lost at most when the program is killed.
constexpr Duration kFlush = 800ms;
/// So much when nothing more can be written, however late the machine is with the above.
constexpr Duration kLongestPiece = 1s;
/// The header waits so long for a second stream.
constexpr Duration kPatience = 1s;
/// Streams come apart by their jitter buffers; within this much they are put into order.
constexpr Duration kInterleave = 200ms;
/// Pictures a second below which a picture's length is not guessed from the one before.
constexpr Duration kLongestPicture = 200ms;
/// More frames than come in two seconds: their times are nonsense, and order no longer counts.
constexpr std::size_t kMostUnsorted = 400;

/// A frame on its way to the file.
struct Timed {
  media::EncodedFrame frame;
  Duration at;
};

/// What the thread does with frames. Knows no queue.
class Sorter {
 public:
  Sorter(std::filesystem::path path, Recorder::Expected expected)
      : path_{std::move(path)}, expected_{expected} {}

  void take(Timed timed) {
    if (error_) return;
    const auto codec = timed.frame.codec;
    const bool is_video = media::is_video(codec);
    auto& known = is_video ? video_ : audio_;
    if (!known || known->codec != codec) {
      if (is_video && !timed.frame.is_key) return;
      if (known || container_) finish();  // its header has no such stream
      if (!begin(known, timed.frame)) return;
    }
    auto place = unsorted_.end();
    while (place != unsorted_.begin() && std::prev(place)->at > timed.at) --place;
    unsorted_.insert(place, std::move(timed));
    if (unsorted_.size() > kMostUnsorted)
      write_until(Duration::max());
    else
      settle();
  }

  /// Called every kFlush while there is something new, and once when there no longer is.
  void flush(bool is_quiet) {
    // A header that waits for a second stream waits for the second of these calls at most.
    if (!container_ && !is_complete() && !std::exchange(has_waited_, true)) return;
    if (!unsorted_.empty())
      write_until(is_quiet ? Duration::max() : unsorted_.back().at - kInterleave);
    flush_container();
  }

  void finish() {
    write_until(Duration::max());
    if (container_ && !container_->finish()) stop(container_->error());
    container_.reset();
    video_.reset();
    audio_.reset();
    start_.reset();
    has_waited_ = false;
  }

  const std::optional<RecordingError>& error() const { return error_; }

  const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
  struct Stream {
    media::Codec codec;
    StreamHead head;
    std::optional<Duration> last_at;
    Duration last_length{};
  };

  bool begin(std::optional<Stream>& stream, const media::EncodedFrame& frame) {
    if (auto why = Recorder::refusal(path_, frame.codec)) {
      stop(std::move(why));
      return false;
    }
    auto head = head_of(frame);
    if (!head) return false;  // a broken key frame: the next one is looked at again
    stream = Stream{frame.codec, *std::move(head), {}, {}};
    return true;
  }

  /// Writes what is in order for sure.
  void settle() {
    if (unsorted_.empty()) return;
    const Duration newest = unsorted_.back().at;
    if (!container_ && !is_complete() && newest - unsorted_.front().at < kPatience) return;
    write_until(newest - kInterleave);
  }

  bool is_complete() const {
    return (video_ && audio_) || (video_ && expected_.video && !expected_.audio) ||
           (audio_ && expected_.audio && !expected_.video);
  }

  bool open() {
    Container::Streams streams;
    const auto add = [](const std::optional<Stream>& stream, std::optional<media::Codec> expected,
                        std::optional<Container::Stream>& out) {
      if (stream) {
        out = {stream->codec, stream->head};
      } else if (expected) {
        out = {*expected, usual_head(*expected)};
      }
    };
    add(video_, expected_.video, streams.video);
    add(audio_, expected_.audio, streams.audio);
    auto container = Container::create(path_, streams);
    if (!container) {
      stop(std::move(container.error()));
      return false;
    }
    container_ = *std::move(container);
    files_.push_back(container_->path());
    // A second file begins where the first one ended.
    start_ = files_.size() == 1 ? Duration{0} : unsorted_.front().at;
    piece_begins_ = newest_ = unsorted_.front().at;
    // What was expected and has not come has its place in the file.
    if (!video_ && streams.video)
      video_ = Stream{streams.video->codec, streams.video->head, {}, {}};
    if (!audio_ && streams.audio)
      audio_ = Stream{streams.audio->codec, streams.audio->head, {}, {}};
    return true;
  }

  void write_until(Duration end) {
    while (!unsorted_.empty() && unsorted_.front().at <= end && !error_) {
      if (!container_ && !open()) break;
      const Timed timed = std::move(unsorted_.front());
      unsorted_.pop_front();
      if (timed.at - piece_begins_ >= kLongestPiece) {
        flush_container();
        if (error_) break;
      }
      Stream& stream = media::is_video(timed.frame.codec) ? *video_ : *audio_;
      newest_ = timed.at;
      if (!container_->write(timed.frame, std::max(timed.at - *start_, Duration{0}),
                             length_of(timed, stream)))
        stop(container_->error());
    }
    if (error_) unsorted_.clear();
  }

  void flush_container() {
    if (container_ && !container_->flush()) stop(container_->error());
    piece_begins_ = newest_;
  }

  /// Until the next frame of the stream, if it is here, or else as long as the one before.
  Duration length_of(const Timed& timed, Stream& stream) const {
    const bool is_video = media::is_video(timed.frame.codec);
    const auto next = std::find_if(unsorted_.begin(), unsorted_.end(), [&](const Timed& other) {
      return media::is_video(other.frame.codec) == is_video;
    });
    Duration length = is_video ? 33ms : 20ms;
    if (next != unsorted_.end())
      length = next->at - timed.at;
    else if (stream.last_at)
      length = timed.at - *stream.last_at;
    stream.last_at = timed.at;
    if (length <= Duration{0} || length > kLongestPicture) length = is_video ? 33ms : 20ms;
    return length;
  }

  void stop(std::optional<RecordingError> why) {
    if (!error_) error_ = std::move(why);
    container_.reset();
  }

  std::filesystem::path path_;
  Recorder::Expected expected_;
  std::optional<Stream> video_;
  std::optional<Stream> audio_;
  std::unique_ptr<Container> container_;
  std::deque<Timed> unsorted_;  // by time
  std::optional<Duration> start_;
  Duration piece_begins_{};  // what the container has not flushed yet
  Duration newest_{};        // that it was given
  bool has_waited_ = false;
  std::optional<RecordingError> error_;
  std::vector<std::filesystem::path> files_;
};

class ThreadedRecorder final : public Recorder {
 public:
  ThreadedRecorder(const std::filesystem::path& path, Expected expected)
      : suited_{suited_pictures(*container_kind(path))}, sorter_{path, expected}, thread_{[this] {
          run();
        }} {}

  ~ThreadedRecorder() override { close(); }

  void write(media::EncodedFrame frame, Duration at) override {
    const bool is_video = media::is_video(frame.codec);
    const std::scoped_lock lock{mutex_};
    if (is_closing_ || error_) return;
    if (is_video && needs_key_frame_ && !frame.is_key) return;
    if (queued_bytes_ + frame.bytes.size() > kQueueBytes) {
      ++dropped_;
      if (is_video) needs_key_frame_ = true;
      return;
    }
    if (is_video) needs_key_frame_ = false;
    queued_bytes_ += frame.bytes.size();
    queue_.push_back({std::move(frame), at});
    wake_.notify_one();
  }

  void close() override {
    {
      const std::scoped_lock lock{mutex_};
      is_closing_ = true;
      wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }

  bool needs_key_frame() const override {
    const std::scoped_lock lock{mutex_};
    return needs_key_frame_;
  }

  std::vector<media::Codec> suited() const override { return suited_; }

  std::optional<RecordingError> error() const override {
    const std::scoped_lock lock{mutex_};
    return error_;
  }

  std::vector<std::filesystem::path> files() const override {
    const std::scoped_lock lock{mutex_};
    return files_;
  }

  std::uint64_t dropped() const override {
    const std::scoped_lock lock{mutex_};
    return dropped_;
  }

 private:
  void run() {
    std::deque<Timed> taken;
    auto next_flush = Clock::now() + kFlush;
    bool is_dirty = false;
    bool was_dirty = false;
    for (bool is_last = false; !is_last;) {
      {
        std::unique_lock lock{mutex_};
        wake_.wait_until(lock, next_flush, [&] { return is_closing_ || !queue_.empty(); });
        taken.swap(queue_);
        queued_bytes_ = 0;
        is_last = is_closing_;
      }
      is_dirty |= !taken.empty();
      for (Timed& timed : taken) sorter_.take(std::move(timed));
      taken.clear();
      if (is_last) {
        sorter_.finish();
      } else if (const auto now = Clock::now(); now >= next_flush) {
        if (is_dirty || std::exchange(was_dirty, false)) sorter_.flush(!is_dirty);
        was_dirty |= std::exchange(is_dirty, false);
        next_flush = now + kFlush;
      }
      publish();
    }
  }

  void publish() {
    const std::scoped_lock lock{mutex_};
    error_ = sorter_.error();
    if (files_.size() != sorter_.files().size()) files_ = sorter_.files();
  }

  const std::vector<media::Codec> suited_;
  Sorter sorter_;  // the thread's
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Timed> queue_;
  std::size_t queued_bytes_ = 0;
  bool is_closing_ = false;
  bool needs_key_frame_ = true;
  std::optional<RecordingError> error_;
  std::vector<std::filesystem::path> files_;
  std::uint64_t dropped_ = 0;
  std::thread thread_;  // the last, since it uses all of them
};

}  // namespace

std::optional<RecordingError> Recorder::refusal(const std::filesystem::path& path,
                                                std::optional<media::Codec> codec) {
  using Kind = RecordingError::Kind;
  const auto kind = container_kind(path);
  if (!kind) return RecordingError{Kind::UnknownEnding, path};
  if (!codec || can_hold(*kind, *codec)) return std::nullopt;
  return RecordingError{.kind = Kind::UnfitCodec, .path = path, .codec = *codec};
}

Result<std::unique_ptr<Recorder>, RecordingError> Recorder::open(const std::filesystem::path& path,
                                                                 Expected expected) {
  if (auto why = refusal(path)) return fail(*std::move(why));
  for (const auto codec : {expected.video, expected.audio}) {
    if (auto why = codec ? refusal(path, codec) : std::nullopt) return fail(*std::move(why));
  }
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  if (::access((folder / ".").c_str(), W_OK) != 0)  // only a folder has it
    return fail(RecordingError{RecordingError::Kind::FolderClosed, path, last_error()});
  return std::make_unique<ThreadedRecorder>(path, expected);
}

std::filesystem::path Recorder::next_file(const std::filesystem::path& path) {
  return OutputFile::free_name(path);
}

}  // namespace duet::device
