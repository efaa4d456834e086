// Events of one of several builds.
#pragma once

#include "event/event.hpp"

#include <string>
#include <utility>

namespace sf::app {

/// Passes events on with the cell's label before the names of packages, of builds, or the message's text.
class CellEvents final : public event::Sink {
public:
    CellEvents(event::Sink& next, std::string label) : next_(next), label_(std::move(label)) {}
    void on_event(const event::Event& event) override
    {
        auto labelled = event;
        std::visit([this](auto& one) { label(one); }, labelled);
        next_.on_event(labelled);
    }

private:
    void label(std::string& name) const { name.insert(0, label_ + ": "); }
    void label(event::Message& message) const { label(message.text); }
    void label(event::HostFinished& finished) const { label(finished.host); }
    void label(event::BuildPlanned& solved) const
    {
        label(solved.name);
        for (auto& package : solved.packages) {
            label(package.package);
            for (auto& need : package.needs)
                label(need);
        }
    }
    void label(event::BuildFinished& finished) const
    {
        label(finished.name);
        for (auto& size : finished.sizes)
            label(size.package);
    }
    template <typename Event> void label(Event& event) const { label(event.package); }

    event::Sink& next_;
    std::string label_;
};

} // namespace sf::app
