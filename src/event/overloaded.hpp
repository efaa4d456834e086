// std::visit() with a function for each kind of event.
#pragma once

namespace sf::event {

/// Calls the one of its functions that suits the argument best.
template <typename... Handlers> struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers> Overloaded(Handlers...) -> Overloaded<Handlers...>;

} // namespace sf::event
