#include "sandbox/preparation.hpp"

#include "identity/identity.hpp"
#include "identity/user_namespace.hpp"
#include "util/files/fs.hpp"

#include <unistd.h>

namespace sf::sandbox {

std::string safe_name(const std::string& name)
{
    constexpr std::size_t longest = 64;
    std::string result;
    for (const char c : name.substr(0, longest)) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        result += letter || c == '.' || c == '_' || c == '-' ? c : '_';
    }
    return result;
}

util::Status check_root()
{
    if (::geteuid() != 0)
        return util::fail(util::ErrorCode::sandbox,
                          "a build sandbox needs mounts and namespaces, which this user may not make",
                          identity::how_to_have_builder());
    return {};
}

CommandStart command_of(const Job& job)
{
    CommandStart command;
    command.directory = job.directory.string();
    command.user = identity::builder();
    command.other_user = identity::has_builder();
    command.argv = job.argv;
    for (const auto& [name, value] : job.environment)
        command.environment.push_back(fmt::format("{}={}", name, value));
    return command;
}

util::Error no_program(const Job& job, const std::string& why)
{
    return {util::ErrorCode::sandbox,
            fmt::format("job '{}': the program '{}' cannot be run in the image {}: {}", job.name, job.argv.front(),
                        job.rootfs.string(), why),
            "the base image lacks it or PATH does not name its directory",
            {}};
}

util::Status forget_former_mount(const Overlay& overlay)
{
    return util::remove_tree(overlay.work / "work" / "incompat");
}

LogOwner::LogOwner(int fd) : fd_(fd), known_(fd >= 0 && ::fstat(fd, &before_) == 0) {}

LogOwner::~LogOwner()
{
    if (known_ && S_ISREG(before_.st_mode))
        static_cast<void>(!::fchown(fd_, before_.st_uid, before_.st_gid));
}

} // namespace sf::sandbox
