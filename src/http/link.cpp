#include "http/link.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace sf::http {
namespace {

/// The text before the separator, which is taken off with it; quotes hide separators.
std::string_view take_until(std::string_view& text, char separator)
{
    bool quoted = false;
    std::size_t end = 0;
    for (; end < text.size() && (quoted || text[end] != separator); ++end) {
        if (text[end] == '"')
            quoted = !quoted;
        else if (quoted && text[end] == '\\' && end + 1 < text.size())
            ++end;
    }
    const auto taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

bool is_word(std::string_view text, std::string_view lower_case)
{
    return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                      [](char one, char other) { return std::tolower(static_cast<unsigned char>(one)) == other; });
}

/// Of the parameters of a link, `rel=next` or `rel="other next"`.
bool leads_on(std::string_view parameters)
{
    while (!parameters.empty()) {
        auto value = take_until(parameters, ';');
        const auto name = util::trim(take_until(value, '='));
        if (!is_word(name, "rel"))
            continue;
        value = util::trim(value);
        if (value.size() > 1 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        const auto relations = util::split(value, ' ');
        return std::any_of(relations.begin(), relations.end(), [](const auto& one) { return is_word(one, "next"); });
    }
    return false;
}

} // namespace

std::optional<std::string> next_reference(std::string_view link)
{
    for (;;) {
        const auto begin = link.find('<');
        const auto end = link.find('>', begin == std::string_view::npos ? link.size() : begin);
        if (end == std::string_view::npos)
            return std::nullopt;
        const auto reference = link.substr(begin + 1, end - begin - 1);
        link.remove_prefix(end + 1);
        if (leads_on(take_until(link, ',')))
            return std::string(reference);
    }
}

} // namespace sf::http
