// The REST interface of LXD and Incus over the daemon's unix socket, within one project.
#pragma once

#include "http/request.hpp"
#include "lxd/answer.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::lxd {

/// Asks the daemon. An operation in the background is waited for; its result is that of the request. Errors are of code
/// sandbox and quote the daemon, or interrupted. Thread-safe.
class Client {
public:
    /// `project` is added to every request that does not name one; it need not exist yet.
    Client(std::filesystem::path socket, std::string project);

    [[nodiscard]] const std::string& project() const { return project_; }
    [[nodiscard]] const std::filesystem::path& socket() const { return socket_; }

    /// What is at `path` ("/1.0/instances/NAME"); nullopt when nothing is.
    [[nodiscard]] util::Result<std::optional<Json>> find(const std::string& path, const util::StopToken& stop) const;
    /// find(), with nothing there as an error.
    [[nodiscard]] util::Result<Json> get(const std::string& path, const util::StopToken& stop) const;
    /// Sends `body` and waits to the end.
    [[nodiscard]] util::Result<Json> post(const std::string& path, const Json& body, const util::StopToken& stop) const;
    [[nodiscard]] util::Result<Json> put(const std::string& path, const Json& body, const util::StopToken& stop) const;
    /// Nothing being there is no error.
    [[nodiscard]] util::Status remove(const std::string& path, const util::StopToken& stop) const;
    /// Sends a file's bytes.
    [[nodiscard]] util::Result<Json> upload(const std::string& path, const std::filesystem::path& file,
                                            const util::StopToken& stop) const;

private:
    [[nodiscard]] util::Result<Answer> exchange(http::Method method, const std::string& path, std::string_view body,
                                                const std::string& type, const util::StopToken& stop) const;
    [[nodiscard]] util::Result<Answer> finish(Answer answer, const util::StopToken& stop) const;
    [[nodiscard]] util::Result<Json> send(http::Method method, const std::string& path, const Json& body,
                                          const util::StopToken& stop) const;

    std::filesystem::path socket_;
    std::string project_;
};

} // namespace sf::lxd
