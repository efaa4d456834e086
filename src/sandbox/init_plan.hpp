// What the first process of a sandbox does, and the bytes that tell it. Compiled into the tool, which writes them, and
// into that process (init/), which reads them. Private to this module.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::sandbox {

/// One overlay, mounted on `target`. No `upper`: read-only. No `lower`: an empty directory takes its place.
struct OverlayMount {
    std::vector<std::string> lower; ///< topmost first
    std::string upper;
    std::string work;
    std::string target; ///< as the init sees it
    std::string inside; ///< as the command sees it, for messages
    bool operator==(const OverlayMount&) const = default;
};

/// One mount of the command's. Its mount point is made where it is missing.
struct MountStep {
    std::string target; ///< as the init sees it
    /// "bind", "rbind" (with all mounts below), "devices" (a tmpfs with the usual few) or a file system's name
    std::string type;
    std::string source;
    std::vector<std::string> options;
    bool is_file = false; ///< the mount point is a file
    unsigned mode = 0755; ///< of the mount point where it is made
    bool operator==(const MountStep&) const = default;
};

/// The command, where the init itself becomes it.
struct CommandStart {
    std::string root;                     ///< to change to by chroot(2); empty: it is there
    std::string directory;                ///< inside
    unsigned user = 0;                    ///< and group
    bool other_user = true;               ///< false: there is no other than the init's
    std::string seccomp;                  ///< a filter program (seccomp(2)); empty: none
    std::vector<std::string> argv;        ///< argv[0] is looked up in PATH of `environment`
    std::vector<std::string> environment; ///< "NAME=VALUE"
    bool operator==(const CommandStart&) const = default;
};

/// Whether the init mounts /proc anew before everything else.
enum class OwnProc : unsigned { no, where_possible, required };

/// Everything the init does, in this order.
struct InitPlan {
    std::string host_name; ///< empty: as outside
    OwnProc own_proc = OwnProc::no;
    unsigned nice = 0; ///< of the job and what stands around it
    bool idle_io = false;
    bool user_namespace = false;        ///< overlays may note what they must in attributes of users only
    std::vector<OverlayMount> overlays; ///< mounted in this order
    std::vector<std::string> hide;      ///< mounts to take away
    std::vector<MountStep> mounts;      ///< parents before children
    bool mask_proc = false;             ///< what masks.hpp names
    std::string own_directory;          ///< of the tool, with mounts to take away with it; empty: none
    std::string read_only;              ///< a mount that becomes read-only; empty: none
    std::vector<std::string> runtime;   ///< starts the job and ends; argv[0] is a full path; empty: `command` is run
    std::string pid_file;               ///< where the runtime writes the job's process id
    CommandStart command;
    bool operator==(const InitPlan&) const = default;
};

[[nodiscard]] std::string to_bytes(const InitPlan& plan);

/// Nullopt: they are cut off, or not of this version.
[[nodiscard]] std::optional<InitPlan> plan_of(std::string_view bytes);

} // namespace sf::sandbox
