// Limits for programs that are run without a backend, such as those of a base image while it is imported.
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sf::sandbox {

class JobCgroup;

/// What all processes together may take at most; 0: no limit.
struct Limits {
    std::uint64_t memory_bytes = 0;
    unsigned pids = 0;
};

/// Control groups of their own, as a build's job has them; removed when this goes. No process may be in them then.
class LimitGroup {
public:
    /// `name` is for messages. What no hierarchy of this host can limit stays without limit.
    [[nodiscard]] static util::Result<LimitGroup> make(const std::string& name, const Limits& limits);
    LimitGroup(LimitGroup&& other) noexcept;
    LimitGroup& operator=(LimitGroup&&) noexcept = delete;
    LimitGroup(const LimitGroup&) = delete;
    LimitGroup& operator=(const LimitGroup&) = delete;
    ~LimitGroup();

    /// Files of the kernel; a process joins by writing "0" to each, and its children are members, too.
    [[nodiscard]] const std::vector<std::filesystem::path>& join_files() const { return join_files_; }
    /// Whether a member was killed for lack of memory.
    [[nodiscard]] bool ran_out_of_memory() const;

private:
    LimitGroup(std::unique_ptr<JobCgroup> cgroup, std::vector<std::filesystem::path> join_files);

    std::unique_ptr<JobCgroup> cgroup_;
    std::vector<std::filesystem::path> join_files_;
};

} // namespace sf::sandbox
