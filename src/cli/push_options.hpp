// What `cache push` and `mirror create` share.
#pragma once

#include "app/push.hpp"

#include <CLI/CLI.hpp>

namespace sf::cli {

/// --key and --password-file.
void add_signing_options(CLI::App& command, app::PushOptions& options);

void print_push(const app::PushReport& report);

} // namespace sf::cli
