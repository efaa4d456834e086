// Slurm's releases, and how far apart two of them are.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace sf::deploy {

/// "24.11.5": a major release (year and month it first came out) and what follows.
struct Release {
    int year = 0;
    int month = 0;
    std::string rest; ///< ".5"

    /// The first two numbers of "24.11.5" or "24.11.5-1a2b3c4d5e6f"; nullopt for what does not start with two.
    [[nodiscard]] static std::optional<Release> parse(std::string_view text);
    [[nodiscard]] std::string series() const; ///< "24.11"
    [[nodiscard]] std::string to_string() const { return series() + rest; }
    auto operator<=>(const Release&) const = default;
};

/// Major releases in their order, counted from some early one; nullopt for what is none. Until 24.05 the list is
/// known; from then on there is one each May and November (https://slurm.schedmd.com/upgrades.html#release_cycle).
[[nodiscard]] std::optional<int> major_index(const Release& release);

/// How many major releases back this one understands (https://slurm.schedmd.com/upgrades.html#compatibility_window).
[[nodiscard]] int compatibility_window(const Release& release);

} // namespace sf::deploy
