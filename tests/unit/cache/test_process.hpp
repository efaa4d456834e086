// Runs one of the servers of tests/support for the life of a test.
#pragma once

#include "util/fd.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace sf::cache::testing {

class TestServer {
public:
    /// `arguments`: the script's name and what it is given. It prints its port, and ends when its input does.
    explicit TestServer(const std::vector<std::string>& arguments);
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    /// "127.0.0.1:PORT"
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    pid_t child_ = -1;
    util::UniqueFd input_;
    int port_ = 0;
};

} // namespace sf::cache::testing
