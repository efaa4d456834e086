// What backends do around a run, whatever runs it. Private to this module.
#pragma once

#include "sandbox/init_plan.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace sf::sandbox {

/// A name for control groups and containers, which take few characters.
[[nodiscard]] std::string safe_name(const std::string& name);

/// This process may make mounts and namespaces.
[[nodiscard]] util::Status check_root();

/// The job's command, for an init that becomes it: as the builder, without a filter, where the init's root is the
/// image.
[[nodiscard]] CommandStart command_of(const Job& job);

/// The error for a job whose program cannot be run, and why.
[[nodiscard]] util::Error no_program(const Job& job, const std::string& why);

/// A volatile overlay marks its work directory, and the kernel refuses the next mount as long as the mark is there: it
/// cannot know that the upper directory is scratch.
[[nodiscard]] util::Status forget_former_mount(const Overlay& overlay);

/// Whoever runs the job makes the job's user the owner of its standard output; the log goes back to who made it.
class LogOwner {
public:
    explicit LogOwner(int fd);
    ~LogOwner();
    LogOwner(const LogOwner&) = delete;
    LogOwner& operator=(const LogOwner&) = delete;

private:
    int fd_;
    struct stat before_ = {};
    bool known_;
};

} // namespace sf::sandbox
