// Whether a server can be talked to at all.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <string>

namespace sf::http {

/// Whether a connection to the host of an http or https URL can be made (through the proxy, where the environment names
/// one) within the time, as libcurl's CURLOPT_CONNECT_ONLY makes it. Asks for nothing. Errors: an interrupt, and no
/// libcurl.
[[nodiscard]] util::Result<bool> host_answers(const std::string& url, std::chrono::seconds timeout,
                                              const util::StopToken& stop);

} // namespace sf::http
