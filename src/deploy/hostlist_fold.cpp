// Folding: names that differ in one number only become one word with a range; then the same once more for what differs
// in another number, so that n101, n102, n201, n202 end as n[1-2]0[1-2].
#include "deploy/hostlist.hpp"

#include "deploy/digits.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

namespace sf::deploy {

namespace {

/// A name taken apart: text, number, text, number ... text. A number that has been folded is "[1-3]".
using Parts = std::vector<std::string>;

Parts take_apart(const std::string& name)
{
    Parts parts = {""};
    for (const char c : name) {
        const bool in_number = parts.size() % 2 == 0;
        if (util::is_digit(c) != in_number)
            parts.emplace_back();
        parts.back() += c;
    }
    if (parts.size() % 2 == 0)
        parts.emplace_back();
    return parts;
}

/// Digits by value, then by width.
struct Number {
    std::string digits;
    std::uint64_t value = 0;

    explicit Number(std::string text) : digits(std::move(text))
    {
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    }
    bool operator<(const Number& other) const
    {
        return std::tuple(value, digits.size()) < std::tuple(other.value, other.digits.size());
    }
};

struct Range {
    std::string first;
    std::string last;
    std::uint64_t end = 0;

    /// Whether the number is what comes next when one counts in the width of the start.
    [[nodiscard]] bool goes_on_with(const Number& number) const
    {
        return number.value == end + 1 && number.digits == fmt::format("{:0{}}", number.value, first.size());
    }
};

std::string fold_numbers(const std::set<Number>& numbers)
{
    if (numbers.size() == 1)
        return numbers.begin()->digits;
    std::vector<Range> ranges;
    for (const auto& number : numbers) {
        const auto before = std::find_if(ranges.rbegin(), ranges.rend(),
                                         [&number](const Range& range) { return range.goes_on_with(number); });
        if (before == ranges.rend()) {
            ranges.push_back({number.digits, number.digits, number.value});
        } else {
            before->last = number.digits;
            before->end = number.value;
        }
    }
    std::string text;
    for (const auto& range : ranges)
        text += (text.empty() ? "" : ",") + range.first + (range.first == range.last ? "" : "-" + range.last);
    return "[" + text + "]";
}

/// What cannot be a number of Number's stays as it is.
bool is_foldable(const std::string& part)
{
    return !part.empty() && part.size() <= most_digits && util::is_digit(part.front());
}

/// Folds the part at `place` of all names that are otherwise the same.
std::set<Parts> fold_at(const std::set<Parts>& names, std::size_t place)
{
    std::map<Parts, std::set<Number>> groups; // by the name with an empty part there
    std::set<Parts> folded;
    for (auto name : names) {
        if (place >= name.size() || !is_foldable(name[place])) {
            folded.insert(std::move(name));
            continue;
        }
        Number number(std::exchange(name[place], ""));
        groups[std::move(name)].insert(std::move(number));
    }
    for (const auto& [rest, numbers] : groups) {
        auto name = rest;
        name[place] = fold_numbers(numbers);
        folded.insert(std::move(name));
    }
    return folded;
}

} // namespace

std::string fold_hostlist(const std::vector<std::string>& names)
{
    std::set<Parts> folded;
    std::size_t longest = 0;
    for (const auto& name : names) {
        auto parts = take_apart(name);
        longest = std::max(longest, parts.size());
        folded.insert(std::move(parts));
    }
    for (std::size_t place = longest; place-- > 0;)
        if (place % 2 == 1)
            folded = fold_at(folded, place);
    std::string text;
    for (const auto& parts : folded) {
        if (!text.empty())
            text += ',';
        for (const auto& part : parts)
            text += part;
    }
    return text;
}

} // namespace sf::deploy
