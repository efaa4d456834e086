// One run's container: what LXD is told of it, and what its init is told to do. Private to this module.
#pragma once

#include "lxd/answer.hpp"
#include "sandbox/init_plan.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sf::sandbox {

/// The directories of the host that a container is given, as disk devices below the sandbox's own directory, from where
/// its init mounts them to their places.
class LxdDisks {
public:
    /// Shows `host` and returns its path inside.
    std::string add(const std::filesystem::path& host, bool writable);
    /// Shows a directory that has all of `hosts` in it, as one device, because overlays want upper and work directory
    /// under one mount and may have hundreds of layers. Returns their paths inside.
    std::vector<std::string> add_together(const std::vector<std::filesystem::path>& hosts);
    /// "devices" of the instance.
    [[nodiscard]] const lxd::Json& devices() const { return devices_; }

private:
    std::string add_device(const char* kind, const std::filesystem::path& host, bool writable, bool recursive);
    lxd::Json devices_ = lxd::Json::object();
};

/// The longest path that is a parent of all; of one path its own parent.
[[nodiscard]] std::filesystem::path common_parent(const std::vector<std::filesystem::path>& paths);

/// The body of the request that makes the container: a copy of `base` that goes when it has stopped.
[[nodiscard]] lxd::Json lxd_instance(const Job& job, const std::string& name, const std::string& base,
                                     const lxd::Json& devices);

/// The init's plan, adding to `disks` what it needs. A directory that does not exist is an error that names it.
[[nodiscard]] util::Result<InitPlan> lxd_plan(const Job& job, LxdDisks& disks);

} // namespace sf::sandbox
