// SPDX-License-Identifier: MIT
// A source that is opened and closed as it is wanted.
#include <duet/call/on_demand.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace duet::call {
namespace {

using namespace std::chrono_literals;

/// Gives a block every millisecond.
class Microphone final : public device::AudioSource {
 public:
  explicit Microphone(std::atomic<int>& open) : open_{open} { ++open_; }

  ~Microphone() override { --open_; }

  int channels() const override { return 1; }

  bool read(device::AudioCapture&) override {
    std::this_thread::sleep_for(1ms);
    return !is_over_;
  }

  void interrupt() override { is_over_ = true; }

  std::optional<device::Error> error() const override { return {}; }

 private:
  std::atomic<int>& open_;
  std::atomic<bool> is_over_ = false;
};

struct OnDemandTest : testing::Test {
  ~OnDemandTest() override {
    source.interrupt();
    reader.join();
  }

  template <class Condition>
  static bool wait_for(const Condition& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
    return condition();
  }

  std::atomic<int> open = 0;
  std::atomic<int> opened = 0;
  std::atomic<int> troubles = 0;
  std::atomic<int> blocks = 0;
  std::atomic<bool> is_missing = false;
  std::shared_ptr<Demand> demand = std::make_shared<Demand>();
  AudioOnDemand source{
      demand,
      [this](Instant) -> Result<std::unique_ptr<device::AudioSource>, device::Error> {
        if (is_missing) return fail(device::SoundError{});
        ++opened;
        return std::make_unique<Microphone>(open);
      },
      [this](const device::Error&) { ++troubles; }, std::make_unique<Microphone>(open)};
  std::thread reader{[this] {
    device::AudioCapture capture;
    while (source.read(capture)) ++blocks;
  }};
};

TEST_F(OnDemandTest, IsOpenOnlyWhileItIsWanted) {
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(open, 0);
  demand->set(true, Instant{1s});
  EXPECT_TRUE(wait_for([&] { return blocks > 3; }));
  EXPECT_EQ(open, 1);
  demand->set(false, Instant{2s});
  EXPECT_TRUE(wait_for([&] { return open == 0; }));
  demand->set(true, Instant{3s});
  EXPECT_TRUE(wait_for([&] { return open == 1; }));
  EXPECT_EQ(opened, 2);
  EXPECT_EQ(troubles, 0);
}

TEST_F(OnDemandTest, SaysOnceThatThereIsNoneAndHasItForTheNextCaller) {
  is_missing = true;
  demand->set(true, Instant{1s});
  EXPECT_TRUE(wait_for([&] { return troubles == 1; }));
  demand->set(false, Instant{2s});
  is_missing = false;
  demand->set(true, Instant{3s});
  EXPECT_TRUE(wait_for([&] { return blocks > 0; }));
  EXPECT_EQ(troubles, 1);
}

TEST_F(OnDemandTest, EndsWhereverItIs) {
  demand->set(true, Instant{1s});
  EXPECT_TRUE(wait_for([&] { return blocks > 0; }));
}  // its destructor would wait for ever

}  // namespace
}  // namespace duet::call
