#include "util/byte_size.hpp"

#include "util/text.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace sf::util {

std::optional<std::uint64_t> parse_size(std::string_view text)
{
    static constexpr std::array<std::pair<std::string_view, unsigned>, 9> units = {{
        {"", 0},
        {"K", 10},
        {"KiB", 10},
        {"M", 20},
        {"MiB", 20},
        {"G", 30},
        {"GiB", 30},
        {"T", 40},
        {"TiB", 40},
    }};
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto converted = std::from_chars(text.data(), end, number);
    if (converted.ec != std::errc{})
        return std::nullopt;
    const auto unit = trim({converted.ptr, static_cast<std::size_t>(end - converted.ptr)});
    for (const auto& known : units) {
        if (known.first == unit && number <= std::numeric_limits<std::uint64_t>::max() >> known.second)
            return number << known.second;
    }
    return std::nullopt;
}

} // namespace sf::util
