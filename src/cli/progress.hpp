// How a command says on standard error what it is doing.
#pragma once

#include "cli/command.hpp"
#include "event/event.hpp"

#include <memory>

namespace sf::cli {

/// A live view on a terminal, lines elsewhere; nullptr where nothing is to be said.
[[nodiscard]] std::unique_ptr<event::Sink> make_progress(const Globals& globals);

} // namespace sf::cli
