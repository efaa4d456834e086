#include "deploy/hostlist.hpp"

#include "deploy/digits.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <unordered_set>

namespace sf::deploy {

namespace {

using util::Result;

constexpr std::size_t most_names = 1'000'000;
constexpr std::size_t longest_host = 320; ///< a user's (32), '@' and a host's (RFC 1035: 255) fit

bool may_be_in_name(char c)
{
    return util::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-_.@:%").find(c) != std::string_view::npos;
}

/// Reads one hostlist from left to right.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<std::vector<std::string>> read()
    {
        std::vector<std::string> names;
        do {
            SF_TRY(auto more, read_word());
            names.insert(names.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
            if (names.size() > most_names)
                return too_many(at_);
        } while (take(','));
        return names;
    }

private:
    [[nodiscard]] tl::unexpected<util::Error> fail_at(std::size_t place, std::string_view what) const
    {
        constexpr std::size_t longest_quote = 200;
        return util::fail(util::ErrorCode::usage,
                          fmt::format("the hostlist '{}{}' is wrong at column {}: {}", text_.substr(0, longest_quote),
                                      text_.size() > longest_quote ? "..." : "", place + 1, what),
                          "for example node[001-128],login[1-2]");
    }
    [[nodiscard]] tl::unexpected<util::Error> too_many(std::size_t place) const
    {
        return fail_at(place, fmt::format("more than {} hosts", most_names));
    }

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    bool take(char c)
    {
        if (at_end() || text_[at_] != c)
            return false;
        ++at_;
        return true;
    }

    /// Up to the next comma outside of brackets.
    Result<std::vector<std::string>> read_word()
    {
        const auto start = at_;
        std::vector<std::string> names = {""};
        while (!at_end() && text_[at_] != ',') {
            if (names.front().size() >= longest_host)
                return fail_at(start, fmt::format("a host's name has more than {} characters", longest_host));
            if (text_[at_] == '[') {
                SF_TRY(const auto values, read_brackets());
                SF_TRY(names, combine(names, values, start));
                continue;
            }
            if (!may_be_in_name(text_[at_]))
                return fail_at(at_, fmt::format("'{}' cannot be in a host's name", text_[at_]));
            for (auto& name : names)
                name += text_[at_];
            ++at_;
        }
        if (at_ == start)
            return fail_at(start, "a host's name is missing");
        // ssh would take it for an option.
        if (text_[start] == '-')
            return fail_at(start, "a host's name cannot start with '-'");
        return names;
    }

    [[nodiscard]] Result<std::vector<std::string>>
    combine(const std::vector<std::string>& names, const std::vector<std::string>& values, std::size_t place) const
    {
        if (values.size() * names.size() > most_names)
            return too_many(place);
        std::vector<std::string> all;
        all.reserve(values.size() * names.size());
        for (const auto& name : names)
            for (const auto& value : values)
                all.push_back(name + value);
        return all;
    }

    Result<std::vector<std::string>> read_brackets()
    {
        const auto opening = at_++;
        std::vector<std::string> values;
        do {
            SF_CHECK(read_range(values));
        } while (take(','));
        if (at_end())
            return fail_at(opening, "this '[' has no ']'");
        if (!take(']'))
            return fail_at(at_, fmt::format("'{}' in brackets, which hold numbers and ranges", text_[at_]));
        return values;
    }

    util::Status read_range(std::vector<std::string>& values)
    {
        SF_TRY(const auto first, read_number());
        if (!take('-')) {
            values.emplace_back(first);
            return {};
        }
        const auto place = at_;
        SF_TRY(const auto last, read_number());
        const auto from = value_of(first);
        const auto to = value_of(last);
        if (to < from)
            return fail_at(place, fmt::format("the range ends before it starts ({}-{})", first, last));
        if (last.size() < first.size())
            return fail_at(place, fmt::format("'{}' has fewer digits than '{}'", last, first));
        if (to - from >= most_names || values.size() + (to - from) >= most_names)
            return too_many(place);
        for (auto value = from; value <= to; ++value)
            values.push_back(fmt::format("{:0{}}", value, first.size()));
        return {};
    }

    Result<std::string_view> read_number()
    {
        const auto start = at_;
        while (!at_end() && util::is_digit(text_[at_]))
            ++at_;
        if (at_ == start)
            return fail_at(start, "a number is missing");
        if (at_ - start > most_digits)
            return fail_at(start, "the number is too long");
        return text_.substr(start, at_ - start);
    }

    static std::uint64_t value_of(std::string_view digits)
    {
        std::uint64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// The first of equal names stays.
std::vector<std::string> each_once(std::vector<std::string> names)
{
    std::unordered_set<std::string> seen;
    names.erase(std::remove_if(names.begin(), names.end(),
                               [&seen](const std::string& name) { return !seen.insert(name).second; }),
                names.end());
    return names;
}

} // namespace

Result<std::vector<std::string>> expand_hostlist(std::string_view text)
{
    SF_TRY(auto names, Reader(text).read());
    return each_once(std::move(names));
}

Result<std::vector<std::string>> read_hostlists(std::string_view text, std::string_view file)
{
    std::vector<std::string> names;
    std::size_t number = 0;
    for (const auto& line : util::split(text, '\n')) {
        ++number;
        const auto list = util::trim(std::string_view(line).substr(0, line.find('#')));
        if (list.empty())
            continue;
        auto more = Reader(list).read();
        if (!more)
            return util::fail(std::move(more).error(), fmt::format("reading {}:{}", file, number));
        names.insert(names.end(), std::make_move_iterator(more->begin()), std::make_move_iterator(more->end()));
        if (names.size() > most_names)
            return util::fail(util::ErrorCode::usage, fmt::format("{} names more than {} hosts", file, most_names),
                              "split the file");
    }
    return each_once(std::move(names));
}

} // namespace sf::deploy
