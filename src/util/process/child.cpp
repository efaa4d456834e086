#include "util/process/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

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
[[noreturn]] void become(const ExecImage& image, const Command& command, const Streams& streams, pid_t parent)
{
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(127);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(streams.in >= 0 ? streams.in : null, STDIN_FILENO);
    ::dup2(streams.out >= 0 ? streams.out : null, STDOUT_FILENO);
    ::dup2(streams.error >= 0 ? streams.error : null, STDERR_FILENO);
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

} // namespace

Result<Child> Child::start(const Command& command, const Streams& streams)
{
    SF_TRY(const auto image, make_image(command));
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0)
        return fail_errno(errno, "cannot start a process");
    if (child == 0)
        become(image, command, streams, parent);
    ::setpgid(child, child); // both do it, so that whoever kills the group finds one
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    const int error = errno;
    Child started(child, std::move(pidfd));
    if (!started.pidfd_)
        return fail_errno(error, "cannot watch a process");
    return started;
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Child::~Child()
{
    if (pid_ < 0)
        return;
    kill();
    wait();
}

void Child::kill() const
{
    ::kill(-pid_, SIGKILL);
}

int Child::wait()
{
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return exit_code_of(status);
}

} // namespace sf::util
