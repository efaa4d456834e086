#include "util/process.hpp"

#include "util/fd.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

extern char** environ; // NOLINT(readability-redundant-declaration)

namespace sf::util {
namespace {

/// argv and envp as execve(2) wants them, made before fork because nothing may allocate after it.
struct ExecImage {
    std::string program;
    std::vector<std::string> words;
    std::vector<std::string> variables;
    std::vector<char*> argv;
    std::vector<char*> envp;
};

std::vector<char*> pointers(std::vector<std::string>& strings)
{
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (auto& text : strings)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

Result<ExecImage> make_image(const Command& command)
{
    if (command.argv.empty())
        return fail(ErrorCode::failure, "no program to run");
    const auto program = find_program(command.argv.front());
    if (!program)
        return fail(ErrorCode::failure, fmt::format("the program '{}' is not installed", command.argv.front()));
    ExecImage image;
    image.program = program->string();
    image.words = command.argv;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (!command.environment_changes.contains(std::string(text.substr(0, text.find('=')))))
            image.variables.emplace_back(text);
    }
    for (const auto& [name, value] : command.environment_changes)
        image.variables.push_back(fmt::format("{}={}", name, value));
    image.argv = pointers(image.words);
    image.envp = pointers(image.variables);
    return image;
}

/// In the child, between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const ExecImage& image, const Command& command, int output, pid_t parent)
{
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(127);
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        ::signal(signal, SIG_DFL);
    if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0)
        ::_exit(127);
    ::execve(image.program.c_str(), image.argv.data(), image.envp.data());
    ::_exit(127);
}

int exit_code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

using Clock = std::chrono::steady_clock;

int poll_timeout(const std::optional<Clock::time_point>& deadline)
{
    if (!deadline)
        return -1;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left) + 1;
}

/// Reads `pipe`, if there is one, to its end, then waits for `process` (a pidfd). The error is the reason to kill the
/// child.
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
        }
    }
}

} // namespace

Result<CommandResult> run(const Command& command)
{
    SF_TRY(const auto image, make_image(command));
    const bool captured = command.output_fd < 0;
    std::array<int, 2> ends = {-1, -1};
    if (captured && ::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail_errno(errno, "cannot make a pipe");
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0)
        return fail_errno(errno, "cannot start a process");
    if (child == 0)
        become(image, command, captured ? writer.get() : command.output_fd, parent);
    writer.reset();
    ::setpgid(child, child); // both do it, so that whoever kills the group finds one
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));

    CommandResult result;
    auto collected = process ? collect(reader.get(), process.get(), command, result.output)
                             : Status(fail_errno(errno, "cannot watch a process"));
    if (!collected)
        ::kill(-child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!collected)
        return tl::unexpected<Error>(std::move(collected).error());
    result.exit_code = exit_code_of(status);
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
