// What commands that push and sign share.
#pragma once

#include "app/exchange/push.hpp"

#include <CLI/CLI.hpp>

namespace sf::cli {

/// --key, --password-file and --gpg-key.
void add_signing_options(CLI::App& command, app::SigningOptions& options);
/// The same, --no-base-image and --compression.
void add_push_options(CLI::App& command, app::PushOptions& options);

void print_push(const app::PushReport& report);

} // namespace sf::cli
