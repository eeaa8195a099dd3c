// SPDX-License-Identifier: MIT
// Owners for the handles of C libraries.
#pragma once

#include <memory>

namespace duet::crypto {

/// The deleter of a handle that `Free` frees: std::unique_ptr<X509, FreeWith<X509_free>>.
template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

template <class T, auto Free>
using Handle = std::unique_ptr<T, FreeWith<Free>>;

}  // namespace duet::crypto
