// Until when the versions of a recipe are mended, and by whom.
#include "recipe/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sf::recipe {
namespace {

constexpr const char* date_hint = "give the last month or day, as in 2028-08 or 2028-08-31";

/// The number that a part of a date is, with just so many digits.
std::optional<unsigned> read_digits(std::string_view text, std::size_t digits)
{
    unsigned number = 0;
    const auto* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (text.size() != digits || result.ec != std::errc() || result.ptr != end)
        return std::nullopt;
    return number;
}

/// "2028-08-31", or "2028-08" for the last day of that month.
std::optional<std::chrono::sys_days> read_day(std::string_view text)
{
    constexpr std::size_t year_end = 4;
    constexpr std::size_t month_end = 7;
    constexpr std::size_t whole = 10;
    if ((text.size() != month_end && text.size() != whole) || text[year_end] != '-')
        return std::nullopt;
    const auto year = read_digits(text.substr(0, year_end), 4);
    const auto month = read_digits(text.substr(year_end + 1, 2), 2);
    if (!year || !month)
        return std::nullopt;
    const auto first = std::chrono::year(static_cast<int>(*year)) / std::chrono::month(*month);
    if (!first.ok())
        return std::nullopt;
    if (text.size() == month_end)
        return std::chrono::sys_days(first / std::chrono::last);
    const auto day = read_digits(text.substr(month_end + 1), 2);
    if (text[month_end] != '-' || !day || !(first / std::chrono::day(*day)).ok())
        return std::nullopt;
    return std::chrono::sys_days(first / std::chrono::day(*day));
}

util::Result<Support> read_one(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto mapping, value.mapping({"series", "until", "by"}));
    SF_TRY(const auto series_value, mapping.require("series"));
    SF_TRY(const auto text, series_value.text());
    auto series = spec::Version::read(text);
    if (!series)
        return series_value.fail_inside(series.error().offset,
                                        fmt::format("bad series \"{}\": {}", text, series.error().what),
                                        series.error().hint);
    const bool used = std::any_of(recipe.versions.begin(), recipe.versions.end(),
                                  [&](const VersionEntry& entry) { return series->is_prefix_of(entry.version); });
    if (!used)
        return series_value.fail(fmt::format("no version of this recipe belongs to the series {}", text),
                                 "remove the entry, or add the version");
    SF_TRY(const auto until_value, mapping.require("until"));
    SF_TRY(const auto until_text, until_value.text());
    const auto until = read_day(until_text);
    if (!until)
        return until_value.fail(fmt::format("'{}' is not a date", until_text), date_hint);
    Support support{std::move(*series), *until, {}, value.location()};
    SF_TRY(const auto by, mapping.require("by"));
    SF_TRY(support.by, by.text());
    if (support.by.empty())
        return by.fail("'by' is empty", "name who supports these versions");
    return support;
}

} // namespace

std::string to_string(std::chrono::sys_days day)
{
    const std::chrono::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

util::Result<std::vector<Support>> read_support(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto items, value.sequence());
    std::vector<Support> all;
    for (const auto& item : items) {
        SF_TRY(auto support, read_one(item, recipe));
        for (const auto& earlier : all)
            if (earlier.series == support.series && earlier.by == support.by)
                return item.fail(
                    fmt::format("the support of {} by {} appears twice", support.series.to_string(), support.by),
                    "remove one");
        all.push_back(std::move(support));
    }
    return all;
}

} // namespace sf::recipe
