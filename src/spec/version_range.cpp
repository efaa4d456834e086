#include "spec/version.hpp"

#include <algorithm>

namespace sf::spec {
namespace {

/// Version::read() of a part of a text that begins at `offset` of it.
Parsed<Version> read_at(std::string_view text, std::size_t offset)
{
    auto version = Version::read(text);
    if (!version)
        version.error().offset += offset;
    return version;
}

} // namespace

util::Result<VersionRange> VersionRange::parse(std::string_view text)
{
    auto range = read(text);
    if (!range)
        return range.error().to_error("version range", text);
    return std::move(*range);
}

Parsed<VersionRange> VersionRange::read(std::string_view text)
{
    VersionRange range;
    range.text_ = std::string(text);
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        auto interval = read_interval(text.substr(start, end - start));
        if (!interval) {
            interval.error().offset += start;
            return tl::unexpected(std::move(interval.error()));
        }
        range.intervals_.push_back(std::move(*interval));
        start = end + 1;
    }
    return range;
}

Parsed<VersionRange::Interval> VersionRange::read_interval(std::string_view text)
{
    if (text.empty())
        return tl::unexpected(Fault{0, "a version or range is expected, such as 24.11, =24.11.5, 1.2:1.4 or 2:", {}});
    Interval interval;
    const std::size_t colon = text.find(':');
    if (text.front() == '=') {
        if (colon != std::string_view::npos)
            return tl::unexpected(Fault{0, "'=' names one version and cannot begin a range", {}});
        interval.exact = true;
        text.remove_prefix(1);
    }
    const std::string_view low = text.substr(0, colon);
    const std::string_view high = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (!low.empty() || colon == std::string_view::npos) {
        auto version = read_at(low, interval.exact ? 1 : 0);
        if (!version)
            return tl::unexpected(std::move(version.error()));
        interval.low = std::move(*version);
    }
    if (colon == std::string_view::npos) {
        interval.high = interval.low;
    } else if (!high.empty()) {
        auto version = read_at(high, colon + 1);
        if (!version)
            return tl::unexpected(std::move(version.error()));
        interval.high = std::move(*version);
    }
    if (interval.low && interval.high && *interval.low > *interval.high && !interval.high->is_prefix_of(*interval.low))
        return tl::unexpected(
            Fault{0, fmt::format("the range {} is empty: its ends are in the wrong order", text), {}});
    return interval;
}

bool VersionRange::Interval::contains(const Version& version) const
{
    if (exact)
        return version == *low;
    if (low && version < *low)
        return false;
    return !high || version <= *high || high->is_prefix_of(version);
}

bool VersionRange::contains(const Version& version) const
{
    return std::any_of(intervals_.begin(), intervals_.end(),
                       [&](const Interval& interval) { return interval.contains(version); });
}

} // namespace sf::spec
