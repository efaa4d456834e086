// JSON of caches, servers, daemons and trees, before anybody looks at what it says.
#include "json/json.hpp"

#include "fuzz/scratch.hpp"

#include <algorithm>

namespace {

std::size_t depth_of(const nlohmann::json& value)
{
    std::size_t deepest = 0;
    for (const auto& item : value)
        if (item.is_structured())
            deepest = std::max(deepest, depth_of(item));
    return value.is_structured() ? deepest + 1 : 0;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto value = sf::json::read(text);
    if (!value)
        return 0;
    sf::fuzz::require(depth_of(*value) <= sf::json::Limits().depth, "a value is no deeper than allowed");
    const auto again = sf::json::read(value->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    sf::fuzz::require(again.has_value(), "JSON that was written can be read");
    return 0;
}
