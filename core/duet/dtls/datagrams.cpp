// SPDX-License-Identifier: MIT
// A BIO over memory that keeps datagrams apart.
#include <duet/base/check.hpp>
#include <duet/dtls/openssl.hpp>

#include <algorithm>
#include <utility>

namespace duet::dtls {

namespace {

Datagrams& datagrams_of(BIO* bio) { return *static_cast<Datagrams*>(BIO_get_data(bio)); }

int read(BIO* bio, char* out, int room) {
  BIO_clear_retry_flags(bio);
  const auto record = std::exchange(datagrams_of(bio).incoming, {});
  if (record.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t size = std::min(record.size(), static_cast<std::size_t>(room));
  std::copy_n(record.begin(), size, reinterpret_cast<std::byte*>(out));
  return static_cast<int>(size);
}

int write(BIO* bio, const char* in, int size) {
  BIO_clear_retry_flags(bio);
  Datagrams& datagrams = datagrams_of(bio);
  const auto bytes = std::as_bytes(std::span{in, static_cast<std::size_t>(size)});
  if (!datagrams.direct.empty()) {
    if (bytes.size() > datagrams.direct.size()) return -1;
    std::copy(bytes.begin(), bytes.end(), datagrams.direct.begin());
    datagrams.direct = {};
    datagrams.direct_size = bytes.size();
    return size;
  }
  auto& outgoing = datagrams.outgoing;
  if (!outgoing.empty() && outgoing.back().size() + bytes.size() <= datagrams.max_size) {
    outgoing.back().insert(outgoing.back().end(), bytes.begin(), bytes.end());
  } else if (outgoing.size() < Datagrams::kMaxOutgoing) {
    outgoing.emplace_back(bytes.begin(), bytes.end());
  }
  return size;
}

// OpenSSL asks for the MTU only once: the transport gives it (SSL_OP_NO_QUERY_MTU), as the size of
// a datagram's payload, so that nothing is to be taken off for IP and UDP.
long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

}  // namespace

BioMethodPtr make_datagram_method() {
  BioMethodPtr method{BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams")};
  DUET_CHECK(method && BIO_meth_set_read(method.get(), read) == 1 &&
             BIO_meth_set_write(method.get(), write) == 1 &&
             BIO_meth_set_ctrl(method.get(), control) == 1 &&
             BIO_meth_set_create(method.get(), create) == 1);
  return method;
}

BioPtr make_bio(const BIO_METHOD* method, Datagrams& datagrams) {
  BioPtr bio{BIO_new(method)};
  DUET_CHECK(bio);
  BIO_set_data(bio.get(), &datagrams);
  return bio;
}

}  // namespace duet::dtls
