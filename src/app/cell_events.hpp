// Events of one of several builds.
#pragma once

#include "event/event.hpp"

#include <string>
#include <utility>

namespace sf::app {

/// Passes events on with the cell's label before the package's name, or the message's text.
class CellEvents final : public event::Sink {
public:
    CellEvents(event::Sink& next, std::string label) : next_(next), label_(std::move(label)) {}
    void on_event(const event::Event& event) override
    {
        auto labelled = event;
        std::visit([this](auto& one) { name_of(one).insert(0, label_ + ": "); }, labelled);
        next_.on_event(labelled);
    }

private:
    static std::string& name_of(event::Message& message) { return message.text; }
    static std::string& name_of(event::BuildPlanned& planned) { return planned.name; }
    static std::string& name_of(event::BuildFinished& finished) { return finished.name; }
    static std::string& name_of(event::HostFinished& finished) { return finished.host; }
    template <typename Event> static std::string& name_of(Event& event) { return event.package; }

    event::Sink& next_;
    std::string label_;
};

} // namespace sf::app
