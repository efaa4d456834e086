#include "util/fill_in.hpp"

namespace sf::util {
namespace {

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz_";

/// Whether nothing else is on the line of text[begin, end).
bool has_line(std::string_view text, std::size_t begin, std::size_t end)
{
    return (begin == 0 || text[begin - 1] == '\n') && (end == text.size() || text[end] == '\n');
}

} // namespace

std::string fill_in(std::string_view text, const std::map<std::string_view, std::string_view, std::less<>>& values)
{
    std::string filled;
    std::size_t done = 0;
    for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
        if (at < done)
            continue;
        const auto close = text.find_first_not_of(letters, at + 1);
        if (close == std::string_view::npos || text[close] != '@')
            continue;
        const auto value = values.find(text.substr(at + 1, close - at - 1));
        if (value == values.end())
            continue;
        auto begin = at;
        auto end = close + 1;
        if (begin > done && text[begin - 1] == '#' && has_line(text, begin - 1, end))
            --begin;
        if (has_line(text, begin, end) && end < text.size())
            ++end;
        filled += text.substr(done, begin - done);
        filled += value->second;
        done = end;
    }
    return filled.append(text.substr(done));
}

} // namespace sf::util
