#include "json/json.hpp"

#include "util/text.hpp"

#include <algorithm>

namespace sf::json {
namespace {

tl::unexpected<util::Error> refused(std::string why)
{
    return util::fail(util::ErrorCode::verify, std::move(why));
}

/// Whether the text is within the limits. Up to the first fault of a malformed text, where the parser stops, it sees
/// the same strings and brackets as the parser does.
util::Status check(std::string_view text, const Limits& limits)
{
    if (text.size() > limits.bytes)
        return refused(fmt::format("it is longer than {}", util::human_bytes(limits.bytes)));
    std::size_t depth = 0;
    std::size_t values = 1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        switch (text[at]) {
        case '"':
            for (++at; at < text.size() && text[at] != '"'; ++at)
                at += text[at] == '\\' ? 1 : 0;
            break;
        case '[':
        case '{':
            if (++depth > limits.depth)
                return refused(fmt::format("it is nested more than {} levels deep", limits.depth));
            ++values; // the first one inside; others follow commas
            break;
        case ']':
        case '}':
            depth -= std::min<std::size_t>(depth, 1);
            break;
        case ',':
            ++values;
            break;
        default:
            break;
        }
    }
    if (values > limits.values)
        return refused(fmt::format("it has more than {} values", limits.values));
    return {};
}

} // namespace

util::Result<nlohmann::json> read(std::string_view text, const Limits& limits)
{
    SF_CHECK(check(text, limits));
    auto value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded())
        return refused("it is not JSON");
    return value;
}

util::Result<nlohmann::json> read_members(std::string_view text, const std::set<std::string>& names,
                                          const Limits& limits)
{
    using Json = nlohmann::json;
    SF_CHECK(check(text, limits));
    const auto keep = [&names](int depth, Json::parse_event_t event, Json& value) {
        return event != Json::parse_event_t::key || depth != 1 || names.contains(value.get_ref<const std::string&>());
    };
    auto value = Json::parse(text, keep, false);
    if (value.is_discarded())
        return refused("it is not JSON");
    if (!value.is_object())
        return refused("it is not a JSON object");
    return value;
}

} // namespace sf::json
