// Members of JSON of strangers, which may lack them or have something else there. Private to `advisory`.
#pragma once

#include "json/json.hpp"

#include <string>

namespace sf::advisory {

/// The member, or null where there is none.
[[nodiscard]] inline const nlohmann::json& member(const nlohmann::json& object, const char* key)
{
    static const nlohmann::json null;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found == object.end() ? null : *found;
}

/// The member's text; empty where it is no text.
[[nodiscard]] inline std::string text_member(const nlohmann::json& object, const char* key)
{
    const auto& value = member(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

} // namespace sf::advisory
