// SPDX-License-Identifier: MIT
// Objects found by a handle that never comes to mean another one.
#pragma once

#include <duet/base/check.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace duet {

/// Holds values under handles of type `Id`, a Strong over std::uint64_t. A handle is a place and
/// the number of times that place was used: finding is one array access, and the handle of
/// something erased finds nothing for ever after (a place is given up before its count of uses
/// would start again). Pointers are valid until their
/// value is erased.
template <class Id, class T>
class SlotMap {
 public:
  template <class... Args>
  Id insert(Args&&... args) {
    std::uint32_t place = free_;
    if (place == kNone) {
      DUET_CHECK(slots_.size() < kNone);
      place = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      free_ = slots_[place].next_free;
    }
    Slot& slot = slots_[place];
    ++slot.uses;
    slot.value.emplace(std::forward<Args>(args)...);
    ++size_;
    return make_id(place, slot.uses);
  }

  T* find(Id id) {
    const auto place = static_cast<std::uint32_t>(id.value());
    if (place >= slots_.size()) return nullptr;
    Slot& slot = slots_[place];
    if (slot.uses != static_cast<std::uint32_t>(id.value() >> 32) || !slot.value) return nullptr;
    return &*slot.value;
  }

  const T* find(Id id) const { return const_cast<SlotMap*>(this)->find(id); }

  /// Erasing twice is harmless.
  void erase(Id id) {
    if (find(id) == nullptr) return;
    const auto place = static_cast<std::uint32_t>(id.value());
    slots_[place].value.reset();
    --size_;
    if (slots_[place].uses == kLastUse) return;
    slots_[place].next_free = free_;
    free_ = place;
  }

  std::size_t size() const { return size_; }

  /// Calls `visit(id, value)` for each; it may erase, and must not insert.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::uint32_t place = 0; place < slots_.size(); ++place) {
      if (slots_[place].value) visit(make_id(place, slots_[place].uses), *slots_[place].value);
    }
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t place = 0; place < slots_.size(); ++place) {
      if (slots_[place].value) visit(make_id(place, slots_[place].uses), *slots_[place].value);
    }
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::uint32_t kLastUse = 0xFFFFFFFF;

  struct Slot {
    std::optional<T> value;
    std::uint32_t uses = 0;  // so the all-zero handle finds nothing
    std::uint32_t next_free = kNone;
  };

  static Id make_id(std::uint32_t place, std::uint32_t uses) {
    return Id{static_cast<std::uint64_t>(uses) << 32 | place};
  }

  std::deque<Slot> slots_;  // grows without moving what is there, and without room to spare
  std::uint32_t free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace duet
