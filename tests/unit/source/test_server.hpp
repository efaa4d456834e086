// Runs tests/support/http_server.py for the life of a test.
#pragma once

#include "util/fd.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sf::source::testing {

class TestServer {
public:
    /// Serves `directory`; the log of requests goes to `log`.
    TestServer(const std::filesystem::path& directory, std::filesystem::path log);
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    /// "http://127.0.0.1:PORT" + path.
    [[nodiscard]] std::string url(const std::string& path) const;

    struct Request {
        std::string path;
        std::string range;
        int status = 0;
        std::size_t bytes = 0;
    };
    /// Those that were answered; waits for the ones under way.
    [[nodiscard]] std::vector<Request> requests() const;

private:
    std::filesystem::path log_;
    pid_t child_ = -1;
    util::UniqueFd input_; ///< the server ends when this closes
    int port_ = 0;
};

} // namespace sf::source::testing
