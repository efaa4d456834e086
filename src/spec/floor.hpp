// The glibc floor: the oldest glibc that what is built runs on (docs/glibc.md).
#pragma once

#include "util/error.hpp"

#include <array>
#include <string>
#include <string_view>

namespace sf::spec {

/// "2.28", or "host": whatever the base image's own glibc is.
class Floor {
public:
    /// 2.28, of 2018.
    [[nodiscard]] static Floor usual() { return Floor("2.28"); }
    [[nodiscard]] static Floor host() { return Floor("host"); }
    /// Error (code usage): no floor of that name is known.
    [[nodiscard]] static util::Result<Floor> parse(std::string_view text);

    [[nodiscard]] bool is_host() const { return name_ == "host"; }
    /// What parse() takes.
    [[nodiscard]] const std::string& to_string() const { return name_; }
    auto operator<=>(const Floor&) const = default;

private:
    explicit Floor(std::string_view name) : name_(name) {}
    std::string name_;
};

/// What Floor::parse() takes.
inline constexpr std::array<std::string_view, 4> known_floors{"2.17", "2.28", "2.31", "host"};

} // namespace sf::spec
