// SPDX-License-Identifier: MIT
// Every sentence that the command line says to people, in English and Chinese.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace duet::config {

enum class Language : std::uint8_t { English, Chinese };

/// Which sentence. The texts are in sentences.cpp, in this order.
enum class Say : std::uint8_t {
  // What is wrong with a value.
  TimeWithoutUnit,
  NotATime,
  RateWithoutUnit,
  NotARate,
  SizeWithoutUnit,
  NotASize,
  NotACount,
  NotANumber,
  OutOfRange,
  NotOneOf,
  NotAListenAddress,
  NotAPort,
  NotANetwork,
  NotAnOrigin,
  OriginWithPath,
  NotAMetricsPlace,
  NotAnIceServer,
  NotATurnUser,
  NotAPortRange,
  NotAnExternalIp,
  TwoExternalIps,
  NotARealm,
  NotAPictureSize,
  NotAShare,
  NotAnExpectation,
  NotAPath,
  NotAPin,
  NotAnAuthority,
  PinWithoutTls,
  NotACallUrl,
  NotAServer,
  NoDestination,
  NotARoom,
  NotAName,
  NotARecording,
  NotAVideoSource,
  NotAnAudioSource,
  UnknownLevel,
  UnknownModule,
  EmptyValue,
  OneValueOnly,
  NotAValue,
  NotATable,
  // What is wrong with a word.
  NeedsValue,
  TakesNoValue,
  UnknownFlag,
  UnknownFlagNear,
  UnknownCommand,
  UnknownCommandNear,
  NoCallingProgram,
  CannotStartProgram,
  NotOfCallingProgram,
  UnknownVariable,
  UnknownVariableNear,
  UnknownKey,
  UnknownKeyNear,
  UnexpectedWord,
  // What is wrong with a file.
  CannotRead,
  FileTooLong,
  NotToml,
  SecretForEverybody,
  NoSecret,
  TooManySecrets,
  // What doesn't go together.
  CertWithoutKey,
  KeyWithoutCert,
  CertBehindProxy,
  NotAFolder,
  ConformanceListens,
  PortTaken,
  ListenTwice,
  CannotListen,
  OutputFailed,
  // How an error ends.
  MoreErrors,
  SeeHelp,
  InternalError,
  // `duet config check`.
  ConfigFine,
  ConfigFineFile,
  // The first lines of `duet serve`.
  BannerThisMachine,
  BannerNetwork,
  BannerInternet,
  BannerPublic,
  BannerFixture,
  BannerOwnCertificate,
  BannerUncertified,
  BannerProxy,
  BannerFingerprint,
  BannerRelay,
  RelayInMemory,
  RelayWithPorts,
  RelayOwnAddress,
  RelayLearned,
  ContainerInMemory,
  ContainerWithPorts,
  RelayOnLoopback,
  AutoProxied,
  AutoWithoutPage,
  RelayOffWith,
  ServeDraining,
  TurnDraining,
  // What `duet call` says as a call goes on.
  CallWaiting,
  CallRinging,
  CallSomebody,
  CallConnected,
  CallSafety,
  CallInterrupted,
  CallClosed,
  CallServerLost,
  CallServerBack,
  CallRecording,
  CallWithout,
  CallNoDisplay,
  CallKeys,
  // How a call ends.
  EndHungUp,
  EndOtherHungUp,
  EndOtherLeft,
  EndDuration,
  EndUnreachable,
  EndUntrusted,
  EndPinMissed,
  EndPinnedForOthers,
  EndFull,
  EndNotAdmitted,
  EndMoved,
  EndNoPath,
  EndNoRelay,
  EndLost,
  EndNobodyCame,
  EndExpectation,
  EndExpectationBare,
  EndDevice,
  EndNotTaken,
  // What a device says, and a terminal's foot.
  CallMuted,
  CallCameraOff,
  CallNoSeat,
  CallTooMany,
  CallDropped,
  CallUnwritten,
  // A window's title.
  WindowWaiting,
  WindowConnecting,
  WindowInterrupted,
  WindowWith,
  Last = WindowWith
};

/// A sentence and what stands in it for {0}, {1}, ...
struct Sentence {
  Sentence(Say which, std::initializer_list<std::string> words = {}) : say{which}, parts{words} {}

  Say say;
  std::vector<std::string> parts;

  friend bool operator==(const Sentence&, const Sentence&) = default;
};

/// The sentence with its parts in place. A part comes from outside, so control characters in it
/// become '?' and more than 200 bytes of it are cut. What the system says in English is told in
/// `language`, see reasons.hpp.
std::string render(const Sentence& sentence, Language language);

/// The bare text, with its {0}.
std::string_view text_of(Say say, Language language);

}  // namespace duet::config
