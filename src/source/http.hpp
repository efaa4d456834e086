// One file over http or https.
#pragma once

#include "http/request.hpp"
#include "http/retry.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace sf::source {

struct HttpOptions {
    http::Timing timing{};
    http::Retry retry{};
    std::uint64_t largest = std::uint64_t{8} << 30U; ///< bytes of the file; more is the fault of the place
};

/// Called from the transferring thread, often; `total` is 0 while it is not known.
using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// A transfer that did not succeed.
using HttpFailure = http::Failure;

struct HttpDone {
    bool resumed = false; ///< bytes of an earlier transfer were kept: these may be another file's
};

/// Downloads `url` to `file`. Bytes that are in `file` already are taken for the beginning and only the rest is asked
/// for; a server that cannot do that sends all of it. What came is kept for the next call, except when it is too much
/// or space ran out.
[[nodiscard]] tl::expected<HttpDone, HttpFailure> download_http(const std::string& url,
                                                                const std::filesystem::path& file,
                                                                const HttpOptions& options, const util::StopToken& stop,
                                                                const OnProgress& on_progress);

} // namespace sf::source
