#include "spec/debian_version.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sf::spec {

std::string_view upstream_of_debian(std::string_view version)
{
    constexpr std::array<std::string_view, 7> endings = {"+dfsg", ".dfsg", "~dfsg", "+ds", "~ds", "+repack", "-stable"};
    constexpr std::string_view really = "+really";
    const auto colon = version.find(':');
    auto text = version.substr(colon == std::string_view::npos ? 0 : colon + 1);
    text = text.substr(0, text.rfind('-'));
    if (const auto at = text.rfind(really); at != std::string_view::npos)
        text = text.substr(at + really.size());
    for (const auto ending : endings)
        text = text.substr(0, text.find(ending));
    return text;
}

std::string release_of_debian(std::string_view version)
{
    const auto text = upstream_of_debian(version);
    const bool plain =
        !text.empty() && util::is_digit(text.front()) && util::is_digit(text.back()) &&
        std::all_of(text.begin(), text.end(), [](char c) { return util::is_digit(c) || c == '.' || c == '+'; });
    return plain ? util::replace_all(std::string(text), "+", ".") : std::string();
}

bool follows_revision(std::string_view newer, std::string_view older)
{
    // The first update of a stable release's package: "-1+deb13u1" after "-1".
    constexpr std::string_view update = "+deb";
    if (newer.starts_with(older) && newer.substr(older.size()).starts_with(update))
        return true;
    const auto split = [](std::string_view text) {
        auto end = text.size();
        while (end > 0 && util::is_digit(text[end - 1]))
            --end;
        auto number = text.substr(end);
        while (number.starts_with('0'))
            number.remove_prefix(1);
        return std::pair(text.substr(0, end), number);
    };
    const auto [stem, number] = split(newer);
    const auto [old_stem, old_number] = split(older);
    return stem == old_stem &&
           (number.size() > old_number.size() || (number.size() == old_number.size() && number > old_number));
}

} // namespace sf::spec
