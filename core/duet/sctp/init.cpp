// SPDX-License-Identifier: MIT
// INIT and INIT ACK to values and back.
#include <duet/sctp/init.hpp>
#include <duet/sctp/packet.hpp>
#include <duet/sctp/parameter.hpp>
#include <duet/sctp/wire.hpp>

#include <algorithm>
#include <array>

namespace duet::sctp {
namespace {

constexpr std::size_t kFixedSize = 16;
constexpr std::uint32_t kSmallestWindow = 1500;  // RFC 9260 §3.3.2

enum ParameterType : std::uint16_t {
  kIpv4Address = 5,
  kIpv6Address = 6,
  kStateCookie = 7,
  kUnrecognizedParameter = 8,
  kCookiePreservative = 9,
  kHostNameAddress = 11,
  kSupportedAddressTypes = 12,
  kZeroChecksumAcceptable = 0x8001,  // RFC 9653 §4
  kSupportedExtensions = 0x8008,     // RFC 5061 §4.2.7
  kForwardTsnSupported = 0xC000,     // RFC 3758 §3.1
};

constexpr std::uint32_t kDtls = 1;  // error detection method, RFC 9653 §4

void read_extensions(Extensions& extensions, std::span<const std::byte> types) {
  const auto has = [&](ChunkType type) {
    return std::find(types.begin(), types.end(), static_cast<std::byte>(type)) != types.end();
  };
  extensions.forward_tsn = extensions.forward_tsn || has(ChunkType::ForwardTsn);
  extensions.interleaving = has(ChunkType::IData);
  extensions.reconfig = has(ChunkType::ReConfig);
}

/// False where nothing after it is to be looked at.
bool handle_unknown(Init& init, const Parameter& parameter) {
  const auto rule = UnknownRule::of_parameter(parameter.type);
  const std::size_t size = padded(parameter.whole.size());
  if (rule.report && init.unrecognized.size() + size <= Init::kMaxUnrecognized) {
    init.unrecognized.insert(init.unrecognized.end(), parameter.whole.begin(),
                             parameter.whole.end());
    init.unrecognized.resize(padded(init.unrecognized.size()));
  }
  return rule.skip;
}

}  // namespace

Result<Init, InitError> Init::parse(std::span<const std::byte> value, Kind kind) {
  if (value.size() < kFixedSize) return fail(InitError::Truncated);
  Init init{.tag = VerificationTag{load32(value.data())},
            .window = load32(value.data() + 4),
            .outgoing_streams = load16(value.data() + 8),
            .incoming_streams = load16(value.data() + 10),
            .initial_tsn = Tsn{load32(value.data() + 12)}};
  if (init.tag == VerificationTag{}) return fail(InitError::ZeroTag);
  if (init.outgoing_streams == 0 || init.incoming_streams == 0) return fail(InitError::ZeroStreams);
  if (init.window < kSmallestWindow) return fail(InitError::SmallWindow);

  ParameterReader parameters{value.subspan(kFixedSize)};
  bool go_on = true;
  while (const auto parameter = go_on ? parameters.next() : std::nullopt) {
    switch (parameter->type) {
      case kStateCookie:
        if (parameter->value.size() > kMaxCookie) return fail(InitError::BadParameter);
        if (kind == Kind::InitAck) {
          init.cookie.assign(parameter->value.begin(), parameter->value.end());
        }
        break;
      case kZeroChecksumAcceptable:
        init.extensions.zero_checksum =
            parameter->value.size() == 4 && load32(parameter->value.data()) == kDtls;
        break;
      case kSupportedExtensions:
        read_extensions(init.extensions, parameter->value);
        break;
      case kForwardTsnSupported:
        init.extensions.forward_tsn = true;
        break;
      case kIpv4Address:  // of no use over DTLS (RFC 8261 §6.1): there is one path, and it is below
      case kIpv6Address:
      case kUnrecognizedParameter:
      case kCookiePreservative:
      case kHostNameAddress:
      case kSupportedAddressTypes:
        break;
      default:
        go_on = handle_unknown(init, *parameter);
    }
  }
  if (!parameters.ok()) return fail(InitError::BadParameter);
  if (kind == Kind::InitAck && init.cookie.empty()) return fail(InitError::NoCookie);
  return init;
}

std::vector<std::byte> Init::serialize() const {
  std::vector<std::byte> out(kFixedSize);
  store32(out.data(), tag.value());
  store32(out.data() + 4, window);
  store16(out.data() + 8, outgoing_streams);
  store16(out.data() + 10, incoming_streams);
  store32(out.data() + 12, initial_tsn.value());
  if (!cookie.empty()) append_parameter(out, kStateCookie, cookie);
  if (extensions.forward_tsn) append_parameter(out, kForwardTsnSupported, {});
  std::array<std::byte, 4> types{};
  std::size_t count = 0;
  if (extensions.reconfig) types[count++] = static_cast<std::byte>(ChunkType::ReConfig);
  if (extensions.forward_tsn) types[count++] = static_cast<std::byte>(ChunkType::ForwardTsn);
  if (extensions.interleaving) {
    types[count++] = static_cast<std::byte>(ChunkType::IData);
    types[count++] = static_cast<std::byte>(ChunkType::IForwardTsn);
  }
  if (count > 0) append_parameter(out, kSupportedExtensions, std::span{types}.first(count));
  if (extensions.zero_checksum) {
    std::array<std::byte, 4> method{};
    store32(method.data(), kDtls);
    append_parameter(out, kZeroChecksumAcceptable, method);
  }
  ParameterReader reported{unrecognized};
  while (const auto parameter = reported.next()) {
    append_parameter(out, kUnrecognizedParameter, parameter->whole);
  }
  return out;
}

}  // namespace duet::sctp
