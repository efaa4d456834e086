// What the daemon of LXD or Incus says: the JSON envelope of every answer
// (https://documentation.ubuntu.com/lxd/latest/rest-api/#return-values).
#pragma once

#include "util/error.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sf::lxd {

using Json = nlohmann::json;

/// One answer, of any of its three kinds.
struct Answer {            // NOLINT(bugprone-exception-escape): moving JSON checks itself by assert alone
    Json metadata;         ///< what was asked for; of an operation its state
    std::string operation; ///< path of the operation that goes on in the background; empty: done
    int error_code = 0;    ///< an HTTP status; 0: no error
    std::string error;
};

/// The answer in `text`. Anything that is none is an error of code sandbox.
[[nodiscard]] util::Result<Answer> parse_answer(std::string_view text);

/// The error text of an operation that has ended; empty when it ended well.
[[nodiscard]] std::string operation_error(const Json& operation);

} // namespace sf::lxd
