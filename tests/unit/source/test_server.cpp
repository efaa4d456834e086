#include "test_server.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace sf::source::testing {

namespace {

struct Pipe {
    util::UniqueFd read;
    util::UniqueFd write;
};

Pipe make_pipe()
{
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    return {util::UniqueFd(fds[0]), util::UniqueFd(fds[1])};
}

int read_number(int fd)
{
    std::string text;
    char byte = 0;
    while (::read(fd, &byte, 1) == 1 && byte != '\n')
        text += byte;
    return std::atoi(text.c_str());
}

} // namespace

TestServer::TestServer(const std::filesystem::path& directory, std::filesystem::path log) : log_(std::move(log))
{
    auto input = make_pipe();
    auto output = make_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
    std::array<std::string, 4> words = {"python3", SF_SOURCE_DIR "/tests/support/http_server.py", directory.string(),
                                        log_.string()};
    std::array<char*, 5> argv = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    const int failed = ::posix_spawnp(&child_, "python3", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        throw std::runtime_error("python3 cannot be started");
    output.write.reset();
    input_ = std::move(input.write);
    port_ = read_number(output.read.get());
    if (port_ == 0)
        throw std::runtime_error("the test server did not come up");
}

TestServer::~TestServer()
{
    input_.reset();
    ::waitpid(child_, nullptr, 0);
}

std::string TestServer::url(const std::string& path) const
{
    return "http://127.0.0.1:" + std::to_string(port_) + path;
}

namespace {

/// As they came; one may be written down as ended after the next has come.
std::vector<TestServer::Request> in_order(std::vector<TestServer::Request> ended, const std::vector<std::string>& begun)
{
    for (std::size_t i = 0; i < begun.size(); ++i) {
        const auto at = ended.begin() + static_cast<std::ptrdiff_t>(i);
        const auto found = std::find_if(at, ended.end(), [&](const auto& one) { return one.path == begun[i]; });
        if (found != ended.end())
            std::rotate(at, found, found + 1);
    }
    return ended;
}

} // namespace

std::vector<TestServer::Request> TestServer::requests() const
{
    // A client may have its last byte before the server has written that down.
    for (int tries = 0;; ++tries) {
        std::vector<Request> requests;
        std::vector<std::string> begun;
        std::ifstream log(log_);
        for (std::string word; log >> word;) {
            Request request;
            log >> request.path;
            if (word == "begin") {
                begun.push_back(request.path);
                continue;
            }
            log >> request.range >> request.status >> request.bytes;
            requests.push_back(request);
        }
        if (begun.size() == requests.size())
            return in_order(std::move(requests), begun);
        if (tries == 1000)
            throw std::runtime_error("a request never ended");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

} // namespace sf::source::testing
