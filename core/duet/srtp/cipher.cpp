// SPDX-License-Identifier: MIT
// OpenSSL's ciphers as SRTP uses them.
#define OPENSSL_SUPPRESS_DEPRECATED  // SHA1_*: see HmacSha1
#include <duet/base/check.hpp>
#include <duet/crypto/secret.hpp>
#include <duet/srtp/cipher.hpp>

#include <algorithm>

namespace duet::srtp {

namespace {

const unsigned char* in(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* out(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

// Packets are far shorter than 2 GiB.
int length(std::span<const std::byte> bytes) { return static_cast<int>(bytes.size()); }

constexpr std::size_t kHmacBlock = 64;  // RFC 2104 §2, of SHA-1

SHA_CTX keyed(std::span<const std::byte> key, std::byte pad) {
  std::array<std::byte, kHmacBlock> block{};
  DUET_CHECK(key.size() <= block.size());
  std::copy(key.begin(), key.end(), block.begin());
  for (std::byte& b : block) b ^= pad;
  SHA_CTX context{};
  DUET_CHECK(SHA1_Init(&context) == 1);
  SHA1_Update(&context, block.data(), block.size());
  crypto::wipe(block);
  return context;
}

}  // namespace

CounterMode::CounterMode(std::span<const std::byte> key) : context_{EVP_CIPHER_CTX_new()} {
  const EVP_CIPHER* cipher = key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  DUET_CHECK(context_ && (key.size() == 16 || key.size() == 32));
  DUET_CHECK(EVP_EncryptInit_ex(context_.get(), cipher, nullptr, in(key), nullptr) == 1);
}

void CounterMode::apply(const std::array<std::byte, kBlockSize>& iv, std::span<std::byte> bytes) {
  if (bytes.empty()) return;
  int size = 0;
  DUET_CHECK(EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, in(iv)) == 1);
  DUET_CHECK(EVP_EncryptUpdate(context_.get(), out(bytes), &size, in(bytes), length(bytes)) == 1);
}

Gcm::Gcm(std::span<const std::byte> key, Direction direction) : context_{EVP_CIPHER_CTX_new()} {
  const EVP_CIPHER* cipher = key.size() == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  DUET_CHECK(context_ && (key.size() == 16 || key.size() == 32));
  DUET_CHECK(EVP_CipherInit_ex(context_.get(), cipher, nullptr, in(key), nullptr,
                               direction == Direction::Seal ? 1 : 0) == 1);
}

void Gcm::begin(const Nonce& nonce, std::span<const std::byte> head,
                std::span<const std::byte> tail, std::span<std::byte> bytes) {
  EVP_CIPHER_CTX* context = context_.get();
  int size = 0;
  DUET_CHECK(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, in(nonce), -1) == 1);
  DUET_CHECK(EVP_CipherUpdate(context, nullptr, &size, in(head), length(head)) == 1);
  if (!tail.empty()) {
    DUET_CHECK(EVP_CipherUpdate(context, nullptr, &size, in(tail), length(tail)) == 1);
  }
  if (!bytes.empty()) {
    DUET_CHECK(EVP_CipherUpdate(context, out(bytes), &size, in(bytes), length(bytes)) == 1);
  }
}

void Gcm::seal(const Nonce& nonce, std::span<const std::byte> head, std::span<const std::byte> tail,
               std::span<std::byte> bytes, std::span<std::byte> tag) {
  begin(nonce, head, tail, bytes);
  int size = 0;
  DUET_CHECK(EVP_EncryptFinal_ex(context_.get(), out(tag), &size) == 1 && size == 0);
  DUET_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagSize,
                                 tag.first(kGcmTagSize).data()) == 1);
}

bool Gcm::open(const Nonce& nonce, std::span<const std::byte> head, std::span<const std::byte> tail,
               std::span<std::byte> bytes, std::span<const std::byte> tag) {
  std::array<std::byte, kGcmTagSize> expected{};
  std::copy_n(tag.begin(), expected.size(), expected.begin());
  begin(nonce, head, tail, bytes);
  DUET_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagSize,
                                 expected.data()) == 1);
  int size = 0;
  return EVP_DecryptFinal_ex(context_.get(), out(expected), &size) > 0;
}

HmacSha1::HmacSha1(std::span<const std::byte> key)
    : inner_{keyed(key, std::byte{0x36})}, outer_{keyed(key, std::byte{0x5C})} {}

HmacSha1::~HmacSha1() {
  crypto::wipe(std::as_writable_bytes(std::span{&inner_, 1}));
  crypto::wipe(std::as_writable_bytes(std::span{&outer_, 1}));
}

std::array<std::byte, SHA_DIGEST_LENGTH> HmacSha1::digest(std::span<const std::byte> head,
                                                          std::span<const std::byte> tail) const {
  std::array<std::byte, SHA_DIGEST_LENGTH> digest{};
  SHA_CTX context = inner_;
  SHA1_Update(&context, head.data(), head.size());
  SHA1_Update(&context, tail.data(), tail.size());
  SHA1_Final(out(digest), &context);
  context = outer_;
  SHA1_Update(&context, digest.data(), digest.size());
  SHA1_Final(out(digest), &context);
  return digest;
}

}  // namespace duet::srtp
