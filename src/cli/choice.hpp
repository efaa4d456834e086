// Options whose value is one of a few words.
#pragma once

#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sf::cli {

/// Takes the words for members of an enum, and says which there are.
template <typename Enum> [[nodiscard]] CLI::Validator choice(std::map<std::string, Enum> members)
{
    std::vector<std::string> words;
    words.reserve(members.size());
    for (const auto& [word, member] : members)
        words.push_back(word);
    const auto check = [members = std::move(members), words](std::string& text) {
        const auto found = members.find(text);
        if (found == members.end())
            return fmt::format("'{}' is not one of {}", text, util::join(words, ", "));
        text = std::to_string(static_cast<int>(found->second)); // what CLI11 reads an enum from
        return std::string();
    };
    return {check, "{" + util::join(words, ",") + "}", "choice"};
}

} // namespace sf::cli
