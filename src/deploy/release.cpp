#include "deploy/release.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sf::deploy {

namespace {

/// Year and month of the major releases before they came twice a year.
constexpr std::array<std::pair<int, int>, 12> early_releases = {
    {{17, 2}, {17, 11}, {18, 8}, {19, 5}, {20, 2}, {20, 11}, {21, 8}, {22, 5}, {23, 2}, {23, 11}, {24, 5}, {24, 11}}};
constexpr int may = 5;
constexpr int november = 11;

/// A number at the start of the text, which it is taken from.
std::optional<int> take_number(std::string_view& text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data() || value < 0)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

} // namespace

std::optional<Release> Release::parse(std::string_view text)
{
    auto left = text.substr(0, text.find('-'));
    const auto year = take_number(left);
    if (!year || !left.starts_with('.'))
        return std::nullopt;
    left.remove_prefix(1);
    const auto month = take_number(left);
    if (!month || !(left.empty() || left.starts_with('.')))
        return std::nullopt;
    return Release{*year, *month, std::string(left)};
}

std::string Release::series() const
{
    return fmt::format("{}.{:02}", year, month);
}

std::optional<int> major_index(const Release& release)
{
    const std::pair major(release.year, release.month);
    const auto known = std::find(early_releases.begin(), early_releases.end(), major);
    if (known != early_releases.end())
        return static_cast<int>(known - early_releases.begin());
    if (major < early_releases.back() || (release.month != may && release.month != november))
        return std::nullopt;
    const int last = static_cast<int>(early_releases.size()) - 1;
    return last + 2 * (release.year - early_releases.back().first) - (release.month == may ? 1 : 0);
}

int compatibility_window(const Release& release)
{
    constexpr int before = 2;
    constexpr int since_24_11 = 3;
    return std::pair(release.year, release.month) < std::pair(24, november) ? before : since_24_11;
}

} // namespace sf::deploy
