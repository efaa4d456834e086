#include "identity/subordinate_ids.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace sf::identity {
namespace {

/// As useradd(8) gives them out: SUB_UID_MIN and SUB_UID_COUNT of login.defs(5).
constexpr std::uint64_t first_lent = 100'000;
constexpr std::uint64_t lent_at_once = 65'536;

struct Line {
    std::string owner;
    IdRange range;
};

std::optional<std::uint64_t> to_number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::vector<Line> read_lines(std::string_view file)
{
    constexpr std::size_t fields_of_line = 3;
    std::vector<Line> lines;
    for (const auto& text : util::split(file, '\n')) {
        const auto fields = util::split(util::trim(text), ':');
        if (fields.size() != fields_of_line)
            continue;
        const auto first = to_number(fields[1]);
        const auto count = to_number(fields[2]);
        if (first && count && *count > 0)
            lines.push_back({fields[0], {*first, *count}});
    }
    return lines;
}

std::uint64_t first_free(std::string_view file)
{
    auto free = first_lent;
    for (const auto& line : read_lines(file))
        free = std::max(free, line.range.first + line.range.count);
    return free;
}

std::string in_words(std::uint64_t first)
{
    return fmt::format("{}-{}", first, first + lent_at_once - 1);
}

} // namespace

std::vector<IdRange> ranges_of(std::string_view file, const Person& person)
{
    std::vector<IdRange> ranges;
    const auto number = std::to_string(person.id);
    for (const auto& line : read_lines(file))
        if ((!person.name.empty() && line.owner == person.name) || line.owner == number)
            ranges.push_back(line.range);
    return ranges;
}

std::vector<std::string> map_arguments(unsigned own, const std::vector<IdRange>& ranges)
{
    std::vector<std::string> words = {"0", std::to_string(own), "1"};
    std::uint64_t inside = 1;
    for (const auto& range : ranges) {
        words.insert(words.end(), {std::to_string(inside), std::to_string(range.first), std::to_string(range.count)});
        inside += range.count;
    }
    return words;
}

bool reaches(const std::vector<IdRange>& ranges, std::uint64_t id)
{
    std::uint64_t last = 0;
    for (const auto& range : ranges)
        last += range.count;
    return last >= id;
}

std::string lending_command(std::string_view subuid, std::string_view subgid, const Person& person)
{
    return fmt::format("usermod --add-subuids {} --add-subgids {} {}", in_words(first_free(subuid)),
                       in_words(first_free(subgid)),
                       person.name.empty() ? fmt::format("USER (whose id is {})", person.id) : person.name);
}

} // namespace sf::identity
