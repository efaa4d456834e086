// What config.yaml may say, key by key: for `config show`, and for the table in docs/configuration.md.
#pragma once

#include "site/site.hpp"

#include <string>
#include <vector>

namespace sf::site {

struct Key {
    const char* name;     ///< "network.retries"
    const char* type;     ///< Markdown, as are the next two
    const char* standard; ///< what holds where nothing is said; empty: nothing
    const char* meaning;
    std::string (*value)(const Site&); ///< what holds now, as config.yaml would have it; empty: nothing
    const char* variable = "";         ///< of the environment that says the same; empty: none
};

/// All keys, in the order of the reference.
[[nodiscard]] const std::vector<Key>& keys();

/// The reference as a Markdown table.
[[nodiscard]] std::string reference();

} // namespace sf::site
