// Requests of the remotes that lie behind http. Private to `cache`.
#pragma once

#include "cache/oci/blob.hpp"
#include "cache/remote/remote.hpp"
#include "http/request.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace sf::cache {

/// The parts of an answer that are used later; missing headers are empty texts.
struct Answer {
    long status = 0;
    std::string body;
    std::string location;
    std::string range;
    std::string link;
    std::string content_digest;          ///< Docker-Content-Digest
    std::vector<std::string> challenges; ///< WWW-Authenticate
};

using Outcome = tl::expected<Answer, http::Failure>;

/// Connections, each used by one thread at a time and kept for the next.
class Connections {
public:
    /// One request with its body into `sink`; Answer::body stays empty.
    [[nodiscard]] Outcome run(const http::Request& request, http::BodySink& sink, const http::Timing& timing,
                              const util::StopToken& stop);

private:
    std::mutex mutex_;
    std::vector<http::Session> idle_;
};

/// Runs one request; remotes add their authentication here.
using RunRequest = std::function<Outcome(http::Request, http::BodySink&)>;

/// An answer with its body in memory. A body of more than `limit` bytes is a failure.
[[nodiscard]] Outcome ask(const RunRequest& run, const http::Request& request, std::size_t limit);

/// As Remote::fetch_blob(). The URL is not in the errors' messages.
[[nodiscard]] util::Status download_blob(const RunRequest& run, const std::string& url, const Descriptor& blob,
                                         const std::filesystem::path& file, const http::Retry& retry,
                                         const util::StopToken& stop, const OnProgress& on_progress);

/// One that the server is to blame for.
[[nodiscard]] http::Failure web_failure(std::string message, bool transient = false);

/// The failure as an error: "cannot DOING: ...", with a hint for what statuses there are.
[[nodiscard]] util::Error web_error(http::Failure failure, std::string_view doing);

/// The answer if its status is one of success, or the failure that it means.
[[nodiscard]] Outcome require_success(Outcome outcome);

} // namespace sf::cache
