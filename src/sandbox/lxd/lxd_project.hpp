// The tool's project at an LXD or Incus daemon, and what is in it. Private to this module.
#pragma once

#include "lxd/client.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace sf::sandbox {

/// The storage pool for containers among the daemon's (recursion=1): one that copies without copying bytes where there
/// is one, else the first. nullopt: there is none.
struct LxdPool {
    std::string name;
    std::string driver;
};
[[nodiscard]] std::optional<LxdPool> choose_pool(const lxd::Json& pools);

/// The profile of all our instances: privileged, so that ids are the same inside and outside; no network; limits
/// against runaways, which a job's own replace. `apparmor`: the daemon confines containers with it.
[[nodiscard]] lxd::Json lxd_profile(const LxdPool& pool, bool apparmor);

/// The name of the base instance of a root file system: by the image's digest where its path has it, else by the
/// directory itself.
[[nodiscard]] util::Result<std::string> lxd_base_name(const std::filesystem::path& rootfs);

/// Thread-safe.
class LxdProject {
public:
    explicit LxdProject(std::filesystem::path socket);

    [[nodiscard]] const lxd::Client& client() const { return client_; }
    /// "LXD 5.0.2, btrfs"; what is known after prepare().
    [[nodiscard]] std::string description() const;

    /// Makes project and profile where they are missing or of another form.
    [[nodiscard]] util::Status prepare(const util::StopToken& stop);
    /// Makes the base of `rootfs` unless it is there; returns what to copy: "BASE/SNAPSHOT". The image's archive is
    /// packed in `scratch`.
    [[nodiscard]] util::Result<std::string> base_of(const std::filesystem::path& rootfs,
                                                    const std::filesystem::path& scratch, const util::StopToken& stop);
    /// Gives `alias`, which is taken from another, to the image of "BASE/SNAPSHOT", which is made the first time;
    /// returns its fingerprint.
    [[nodiscard]] util::Result<std::string> publish(const std::string& source, const std::string& alias,
                                                    const util::StopToken& stop) const;
    /// Removes containers of dead tools and bases of images that are gone.
    [[nodiscard]] util::Status remove_leftovers(const util::StopToken& stop) const;
    [[nodiscard]] util::Status remove_all(const util::StopToken& stop) const;
    /// Stops it if it runs, and removes it; nothing there is no error.
    [[nodiscard]] util::Status remove_instance(const std::string& name, const util::StopToken& stop) const;

private:
    [[nodiscard]] util::Status make_base(const std::string& name, const std::filesystem::path& rootfs,
                                         const std::filesystem::path& scratch, const util::StopToken& stop) const;
    [[nodiscard]] util::Result<std::string> import_image(const std::filesystem::path& rootfs,
                                                         const std::filesystem::path& scratch,
                                                         const util::StopToken& stop) const;
    [[nodiscard]] util::Result<std::string> image_of(const std::string& source, const util::StopToken& stop) const;
    [[nodiscard]] util::Status remove_images(const util::StopToken& stop) const;

    lxd::Client client_;
    mutable std::mutex mutex_;
    std::string description_;
    std::set<std::string> bases_; ///< known to be there
};

} // namespace sf::sandbox
