#include "identity/user_namespace.hpp"

#include "identity/identity.hpp"
#include "identity/subordinate_ids.hpp"
#include "util/fd.hpp"
#include "util/files/fs.hpp"
#include "util/process/install_hint.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace sf::identity {
namespace {

using util::ErrorCode;

constexpr const char* subuid_file = "/etc/subuid";
constexpr const char* subgid_file = "/etc/subgid";
constexpr std::array mapping_programs = {"newuidmap", "newgidmap"};

Person person_of(unsigned id)
{
    const auto* entry = ::getpwuid(id); // NOLINT(concurrency-mt-unsafe): one thread, or nobody else asks
    return {entry == nullptr ? "" : entry->pw_name, id};
}

/// The user who started this process, as seen outside our user namespace.
Person caller()
{
    std::istringstream map(util::read_file("/proc/self/uid_map").value_or(""));
    unsigned inside = 0;
    unsigned outside = 0;
    if (in_user_namespace() && map >> inside >> outside)
        return person_of(outside);
    return person_of(::getuid());
}

/// The caller's subordinate ids; empty maps if they do not reach the builder, or cannot be set.
struct Loan {
    std::vector<IdRange> users;
    std::vector<IdRange> groups;
    [[nodiscard]] bool enough() const { return reaches(users, builder_uid) && reaches(groups, builder_uid); }
};

Loan read_loan(const Person& person)
{
    return {ranges_of(util::read_file(subuid_file).value_or(""), person),
            ranges_of(util::read_file(subgid_file).value_or(""), person)};
}

bool mapping_programs_installed()
{
    for (const auto* program : mapping_programs)
        if (!util::find_program(program))
            return false;
    return true;
}

util::Status write_text(const char* file, const std::string& text)
{
    SF_TRY(const auto fd, util::open_file(file, O_WRONLY));
    return util::write_all(fd.get(), text);
}

/// What an ordinary user may always map: himself.
util::Status map_caller_alone(unsigned user, unsigned group)
{
    SF_CHECK(write_text("/proc/self/setgroups", "deny"));
    SF_CHECK(write_text("/proc/self/uid_map", fmt::format("0 {} 1\n", user)));
    return write_text("/proc/self/gid_map", fmt::format("0 {} 1\n", group));
}

util::Status set_maps(pid_t process, const Loan& loan, unsigned user, unsigned group)
{
    const std::array arguments = {map_arguments(user, loan.users), map_arguments(group, loan.groups)};
    for (std::size_t i = 0; i < mapping_programs.size(); ++i) {
        util::Command command;
        command.argv = {mapping_programs.at(i), std::to_string(process)};
        command.argv.insert(command.argv.end(), arguments.at(i).begin(), arguments.at(i).end());
        SF_TRY(const auto result, util::run(command));
        if (result.exit_code != 0)
            return util::fail(ErrorCode::sandbox,
                              fmt::format("{} refuses the ranges of {} and {}: {}", mapping_programs.at(i), subuid_file,
                                          subgid_file, result.output),
                              "it must be installed setuid root (apt-get install --reinstall uidmap), and the ranges "
                              "must not overlap others");
    }
    return {};
}

/// Writes an error for the other process: message, hint, reason.
std::string complaint_of(const util::Error& error)
{
    return error.message + '\0' + error.hint + '\0' + std::to_string(static_cast<int>(error.reason));
}

util::Error read_complaint(const std::string& complaint)
{
    auto parts = util::split(complaint, '\0');
    parts.resize(3);
    int reason = 0;
    std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), reason);
    return {ErrorCode::sandbox, std::move(parts[0]), std::move(parts[1]), {}, static_cast<util::Reason>(reason)};
}

/// Maps can be set from outside the new namespace only: this copy of the process stays there and waits for the word.
class Outside {
public:
    [[nodiscard]] static util::Result<Outside> start(const Loan& loan, unsigned user, unsigned group)
    {
        std::array<int, 2> ends = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            return util::fail_errno(errno, "cannot make a socket");
        util::UniqueFd here(ends[0]);
        util::UniqueFd there(ends[1]);
        const auto process = ::getpid();
        const auto copy = ::fork();
        if (copy < 0)
            return util::fail_errno(errno, "cannot start a process");
        if (copy == 0) {
            here.reset();
            ::_exit(work(there.get(), process, loan, user, group));
        }
        return Outside(std::move(here), copy);
    }

    /// Has it set the maps of this process, and waits until it has.
    [[nodiscard]] util::Status set_maps_here()
    {
        SF_CHECK(util::write_all(channel_.get(), "m"));
        std::string complaint;
        std::array<char, 512> part = {};
        for (ssize_t count = 0; (count = ::read(channel_.get(), part.data(), part.size())) != 0;)
            if (count > 0)
                complaint.append(part.data(), static_cast<std::size_t>(count));
            else if (errno != EINTR)
                break;
        finish();
        if (complaint == "done")
            return {};
        return tl::unexpected(read_complaint(complaint));
    }
    void finish()
    {
        channel_.reset();
        while (::waitpid(copy_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

private:
    Outside(util::UniqueFd channel, pid_t copy) : channel_(std::move(channel)), copy_(copy) {}

    static int work(int channel, pid_t process, const Loan& loan, unsigned user, unsigned group)
    {
        char word = 0;
        if (::read(channel, &word, 1) != 1)
            return EXIT_SUCCESS; // there is no namespace to map
        const auto done = set_maps(process, loan, user, group);
        const auto answer = done ? "done" : complaint_of(done.error());
        return util::write_all(channel, answer) ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    util::UniqueFd channel_;
    pid_t copy_;
};

/// Nothing of the kernel's refusal is an error yet: what needs no rights goes on, and what does will say so.
bool make_namespace()
{
    return ::unshare(CLONE_NEWUSER) == 0;
}

[[nodiscard]] util::Status run_again(char** argv)
{
    if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0)
        return util::fail_errno(errno, "cannot become root of a user namespace");
    ::execv("/proc/self/exe", argv);
    return util::fail_errno(errno, "cannot start slurm-factory in a user namespace");
}

} // namespace

util::Status enter_user_namespace(char** argv)
{
    const auto user = ::geteuid();
    const auto group = ::getegid();
    if (user == 0)
        return {};
    const auto loan = read_loan(person_of(user));
    if (!loan.enough() || !mapping_programs_installed()) {
        if (!make_namespace())
            return {};
        SF_CHECK(map_caller_alone(user, group));
        return run_again(argv);
    }
    SF_TRY(auto outside, Outside::start(loan, user, group));
    if (!make_namespace()) {
        outside.finish();
        return {};
    }
    SF_CHECK(outside.set_maps_here());
    return run_again(argv);
}

std::string how_to_have_builder()
{
    if (::geteuid() != 0) // no namespace could be made
        return "run as root or with sudo; or let ordinary users make user namespaces (sysctl user.max_user_namespaces "
               "above 0, and kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0 "
               "where there is such a key)";
    std::string steps;
    if (!mapping_programs_installed())
        steps = util::how_to_install("uidmap", "shadow-utils");
    const auto person = caller();
    if (!read_loan(person).enough())
        steps += (steps.empty() ? "" : " && ") + lending_command(util::read_file(subuid_file).value_or(""),
                                                                 util::read_file(subgid_file).value_or(""), person);
    return steps.empty() ? "run as root or with sudo" : fmt::format("have an administrator run once: {}", steps);
}

} // namespace sf::identity
