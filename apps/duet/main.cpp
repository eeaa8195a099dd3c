// SPDX-License-Identifier: MIT
// The duet command: it serves and relays, and has duet-call make calls.
#include "calling_program.hpp"
#include "command.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "serve.hpp"
#include "turn.hpp"
#include <duet/config/sentences.hpp>

#include <unistd.h>

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  using namespace duet;
  apps::prepare_descriptors();
  const auto environment = config::Environment::of_process();
  try {
    const std::vector<std::string> words{argv + (argc > 0 ? 1 : 0), argv + argc};
    apps::Output output{STDOUT_FILENO};
    const int code =
        apps::run(words, {.environment = environment,
                          .files = config::default_files(environment),
                          .out = output.stream(),
                          .error = std::cerr,
                          .serve = apps::serve,
                          .turn = apps::turn,
                          .elsewhere = [&] {
                            return apps::become_calling_program(argv, language_of(environment));
                          }});
    return output.conclude(code, std::cerr, apps::language_of(words, environment));
  } catch (const std::exception& error) {
    const config::Sentence sentence{config::Say::InternalError, {error.what()}};
    std::cerr << "duet: " << render(sentence, language_of(environment)) << '\n';
    return to_int(apps::ExitCode::InternalError);
  }
}
