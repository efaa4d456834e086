// Where a job's directories go: checks of the job, mount points that the image lacks, mount options. Private to this
// module.
#pragma once

#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::sandbox {

/// What machines are called inside. The same name everywhere: packages write it into what they build.
inline constexpr const char* inside_name = "slurm-factory";

/// One entry of "mounts" in config.json.
struct Mount {
    std::filesystem::path inside;
    std::string type; ///< "bind", "tmpfs", "proc", ...
    std::string source;
    std::vector<std::string> options;
    bool is_file = false; ///< the mount point is a file
    unsigned mode = 0755; ///< of the mount point where it is made; runc gives it to what is mounted, too
    auto operator<=>(const Mount&) const = default;
};

/// The job can be run as far as its text tells: a command, absolute and distinct paths inside, open descriptors.
[[nodiscard]] util::Status check_job(const Job& job);

/// The path that `inside` names in the image once the image's symbolic links are followed, as a chroot would; parts
/// that do not exist are kept as they are.
[[nodiscard]] util::Result<std::filesystem::path> resolve_inside(const std::filesystem::path& rootfs,
                                                                 const std::filesystem::path& inside);

/// All mounts of the job, parents before children: the OCI defaults, private temporary directories, the job's own.
/// Overlay number n is bound from `overlay_targets[n]`.
[[nodiscard]] util::Result<std::vector<Mount>> plan_mounts(const Job& job,
                                                           const std::vector<std::filesystem::path>& overlay_targets);

/// Makes in `skeleton` the mount points that `rootfs` lacks; laid over the image, they appear in it.
[[nodiscard]] util::Status make_skeleton(const std::filesystem::path& rootfs, const std::filesystem::path& skeleton,
                                         const std::vector<Mount>& mounts);

} // namespace sf::sandbox
