#include "test_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace sf::cache::testing {

TestServer::TestServer(const std::vector<std::string>& arguments)
{
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    auto words = arguments;
    words.front() = SF_SOURCE_DIR "/tests/support/" + words.front();
    words.insert(words.begin(), "python3");
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const int failed = ::posix_spawnp(&child_, "python3", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = util::UniqueFd(input[1]);
    const util::UniqueFd port(output[0]);
    std::string text;
    for (char byte = 0; failed == 0 && ::read(port.get(), &byte, 1) == 1 && byte != '\n';)
        text += byte;
    port_ = std::atoi(text.c_str());
    if (port_ == 0)
        throw std::runtime_error("the test server did not come up");
}

TestServer::~TestServer()
{
    input_.reset();
    ::waitpid(child_, nullptr, 0);
}

} // namespace sf::cache::testing
