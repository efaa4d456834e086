// Asking a project which releases it has.
#pragma once

#include "http/request.hpp"
#include "http/retry.hpp"
#include "recipe/recipe.hpp"
#include "spec/version.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace sf::releases {

/// How servers are asked.
struct Terms {
    http::Timing timing;
    http::Retry retry;
    std::string github_token; ///< for api.github.com, which answers few requests an hour without one; may be empty
};

/// What GITHUB_TOKEN says; empty where it is not set.
[[nodiscard]] std::string github_token();

/// The body of an answer of success, of at most `most` bytes and within two minutes. Errors: source, with the address.
[[nodiscard]] util::Result<std::string> get_text(const std::string& url, const Terms& terms, std::size_t most,
                                                 const util::StopToken& stop);

/// The names of all tags or files where the project publishes. Errors: source, with the address: it cannot be asked, or
/// answers something else.
[[nodiscard]] util::Result<std::vector<std::string>> ask(const recipe::Releases& releases, const Terms& terms,
                                                         const util::StopToken& stop);

/// The releases among such names that count, highest first; pre-releases do not. Errors: source, with the address:
/// there are none.
[[nodiscard]] util::Result<std::vector<spec::Version>> choose_releases(const recipe::Releases& releases,
                                                                       const std::vector<std::string>& names);

} // namespace sf::releases
