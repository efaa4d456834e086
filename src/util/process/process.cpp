#include "util/process/process.hpp"

#include "util/byte_size.hpp"
#include "util/fd.hpp"
#include "util/process/child.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace sf::util {
namespace {

using Clock = std::chrono::steady_clock;

int poll_timeout(const std::optional<Clock::time_point>& deadline)
{
    if (!deadline)
        return -1;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left) + 1;
}

/// Reads `pipe`, if there is one, to its end, then waits for `process` (a pidfd). The error is the reason to kill the
/// child, which goes with its Child.
Status collect(int pipe, int process, const Command& command, std::string& output)
{
    std::optional<Clock::time_point> deadline;
    if (command.timeout)
        deadline = Clock::now() + *command.timeout;
    std::array<char, 16384> buffer{};
    for (;;) {
        std::array<pollfd, 2> fds = {pollfd{pipe >= 0 ? pipe : process, POLLIN, 0},
                                     pollfd{command.stop.fd(), POLLIN, 0}};
        const int ready = ::poll(fds.data(), fds.size(), poll_timeout(deadline));
        if (ready < 0 && errno != EINTR)
            return fail_errno(errno, "cannot wait for a program");
        SF_CHECK(command.stop.check());
        if (ready == 0)
            return fail(ErrorCode::failure,
                        fmt::format("'{}' did not end within {} s", command.argv.front(), command.timeout->count()));
        if (ready > 0 && fds[0].revents != 0) {
            if (pipe < 0)
                return {};
            const auto count = ::read(pipe, buffer.data(), buffer.size());
            if (count == 0)
                pipe = -1;
            if (count > 0)
                output.append(buffer.data(), static_cast<std::size_t>(count));
            if (output.size() > command.most_output)
                return fail(ErrorCode::failure, fmt::format("'{}' prints more than {}", command.argv.front(),
                                                            human_bytes(command.most_output)));
        }
    }
}

} // namespace

Result<CommandResult> run(const Command& command)
{
    const bool captured = command.output_fd < 0;
    std::array<int, 2> ends = {-1, -1};
    if (captured && ::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail_errno(errno, "cannot make a pipe");
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    const int output = captured ? writer.get() : command.output_fd;
    SF_TRY(auto child, Child::start(command, {-1, output, output}));
    writer.reset();
    CommandResult result;
    SF_CHECK(collect(reader.get(), child.ended_fd(), command, result.output));
    result.exit_code = child.wait();
    return result;
}

Result<std::string> run_checked(const Command& command)
{
    SF_TRY(auto result, run(command));
    if (result.exit_code == 0)
        return std::move(result.output);
    constexpr std::size_t shown = 15;
    auto message = fmt::format("'{}' failed with exit code {}", join(command.argv, " "), result.exit_code);
    if (const auto tail = last_lines(result.output, shown); !tail.empty())
        message += ":\n    " + replace_all(tail, "\n", "\n    ");
    return fail(ErrorCode::failure, std::move(message));
}

std::optional<std::filesystem::path> find_program(const std::string& name)
{
    auto executable = [](const std::filesystem::path& path) {
        std::error_code ignored;
        return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos)
        return executable(name) ? std::optional<std::filesystem::path>(name) : std::nullopt;
    const char* path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe)
    auto directories = split(path != nullptr ? path : "/usr/bin:/bin", ':');
    directories.insert(directories.end(), {"/usr/sbin", "/sbin"});
    for (const auto& directory : directories) {
        auto candidate = std::filesystem::path(directory) / name;
        if (executable(candidate))
            return candidate;
    }
    return std::nullopt;
}

} // namespace sf::util
