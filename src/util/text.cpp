#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace sf::util {

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator)
{
    return fmt::format("{}", fmt::join(parts, separator));
}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string replace_all(std::string text, std::string_view from, std::string_view to)
{
    auto found = text.find(from);
    if (found == std::string::npos)
        return text;
    // Built anew: replacing in place moves the rest of the text each time.
    std::string replaced;
    std::size_t at = 0;
    for (; found != std::string::npos; found = text.find(from, at)) {
        replaced.append(text, at, found - at).append(to);
        at = found + from.size();
    }
    return replaced.append(text, at);
}

std::string shell_quote(std::string_view text)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%^";
    if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
        return std::string(text);
    return "'" + replace_all(std::string(text), "'", R"('\'')") + "'";
}

namespace {

/// The places in a glob that the path may have come to, all at once: patterns and paths may be a stranger's, and trying
/// one after the other what each star stands for takes time that grows with a power of the path's length.
class GlobPlaces {
public:
    explicit GlobPlaces(std::string_view pattern) :
        pattern_(pattern), inside_(pattern.size() + 1, false), reached_(inside_)
    {
        for (std::size_t at = pattern.find("**"); at != std::string_view::npos; at = pattern.find("**", at + 2))
            inside_[at + 1] = true;
        reached_[0] = true;
        pass_stars();
    }
    void take(char c)
    {
        std::vector<bool> next(reached_.size(), false);
        for (std::size_t at = 0; at < pattern_.size(); ++at) {
            if (!reached_[at])
                continue;
            const char wanted = pattern_[at];
            if (inside_[at] || (wanted == '*' && !inside_[at + 1] && c != '/'))
                next[at] = true;
            else if (wanted != '*' && (wanted == '?' ? c != '/' : wanted == c))
                next[at + 1] = true;
        }
        reached_ = std::move(next);
        pass_stars();
    }
    [[nodiscard]] bool at_end() const { return reached_.back(); }

private:
    /// Stars may stand for nothing, and "**/" for no directory at all.
    void pass_stars()
    {
        for (std::size_t at = 0; at < pattern_.size(); ++at) {
            if (!reached_[at] || pattern_[at] != '*')
                continue;
            reached_[at + 1] = true;
            if (inside_[at + 1] && pattern_.substr(at + 2).starts_with('/'))
                reached_[at + 3] = true;
        }
    }

    std::string_view pattern_;
    std::vector<bool> inside_; ///< at the second star of a "**": it has begun to take characters
    std::vector<bool> reached_;
};

} // namespace

bool glob_match(std::string_view pattern, std::string_view path)
{
    // Most patterns differ from most paths before their first star.
    while (!pattern.empty() && pattern.front() != '*') {
        if (path.empty() || (pattern.front() == '?' ? path.front() == '/' : pattern.front() != path.front()))
            return false;
        pattern.remove_prefix(1);
        path.remove_prefix(1);
    }
    if (pattern.empty())
        return path.empty();
    GlobPlaces places(pattern);
    for (const char c : path)
        places.take(c);
    return places.at_end();
}

namespace {

/// Levenshtein distance, by the usual dynamic programme over two rows.
std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row[b.size()];
}

} // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates)
{
    std::optional<std::string> best;
    std::size_t best_distance = word.size() / 3 + 2;
    for (const auto& candidate : candidates) {
        if (std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size()) >= best_distance)
            continue; // so many letters too many or too few
        const auto distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string last_lines(std::string_view text, std::size_t count)
{
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    std::size_t start = text.size();
    for (std::size_t lines = 0; start > 0; --start)
        if (text[start - 1] == '\n' && ++lines == count)
            break;
    return std::string(text.substr(start));
}

std::string human_bytes(std::uint64_t bytes)
{
    constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit)
        value /= 1024;
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units.at(unit));
}

} // namespace sf::util
