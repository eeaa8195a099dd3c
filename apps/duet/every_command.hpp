// SPDX-License-Identifier: MIT
// The options of all commands: one file of configuration has them all.
#pragma once

#include "call_options.hpp"
#include "devices_options.hpp"
#include "loop_options.hpp"
#include "serve_options.hpp"
#include "turn_options.hpp"

#include <vector>

namespace duet::apps {

struct EveryCommand {
  ServeOptions serve;
  TurnOptions turn;
  LoopOptions loop;
  CallOptions call;
  DevicesOptions devices;

  /// All but the command's of `own`, as config::load() wants them.
  std::vector<const config::Options*> but(const config::Options& own) const {
    std::vector<const config::Options*> others;
    for (const config::Options* one :
         std::initializer_list<const config::Options*>{&serve, &turn, &loop, &call, &devices}) {
      if (one->command() != own.command()) others.push_back(one);
    }
    return others;
  }
};

}  // namespace duet::apps
