// First configuration files of a cluster (`init`).
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::app {

/// What programs of a node load from the tree.
enum class HostModule {
    nss, ///< glibc's name service: libnss_slurm
    pam, ///< sshd: pam_slurm_adopt
};

/// What is known of a cluster that does not exist yet.
struct NewCluster {
    std::string name;
    std::string control;               ///< the controller's host
    std::string nodes;                 ///< a host list as Slurm writes it: "node[01-16],gpu1"
    std::string prefix = "/opt/slurm"; ///< where `deploy` keeps versions and the links to those that run
    std::string database;              ///< the database daemon's host; empty: no accounting
    std::vector<HostModule> modules;
};

/// What may be done where there are files already; none is ever overwritten.
enum class Existing { refuse, skip };

struct WrittenFiles {
    std::vector<std::string> written; ///< relative to the directory, sorted
    std::vector<std::string> skipped; ///< were there already
};

/// Writes slurm.conf, cgroup.conf, systemd units and what goes with them and the modules to etc/ below `directory`,
/// which is made. Errors: usage, for what is no name of a cluster or a host or no prefix; conflict, when files exist
/// and are not to be skipped. On an error nothing stays.
[[nodiscard]] util::Result<WrittenFiles> init_cluster(const NewCluster& cluster, const std::filesystem::path& directory,
                                                      Existing existing);

} // namespace sf::app
