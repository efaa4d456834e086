// What doctor looks at, part by part. Private to `doctor`.
#pragma once

#include "doctor/doctor.hpp"

#include <vector>

namespace sf::doctor {

using Findings = std::vector<Finding>;
using State = Finding::State;

/// What the error itself says of it, if anything.
[[nodiscard]] std::string fix_for(const util::Error& error, const std::string& otherwise);

/// The user, the root directory and its disk, memory, control groups, kernel, programs.
[[nodiscard]] Findings look_at_host(const site::Site& site);
/// Whether the kernel takes the clock for right, and the root's files are not of the future.
[[nodiscard]] Finding look_at_clock(const site::Site& site);
/// Whether the root's file system has locks, and who holds any.
[[nodiscard]] Findings look_at_locks(const site::Site& site);
/// Mounts and files that killed runs left.
[[nodiscard]] Findings look_at_leftovers(const site::Site& site);
[[nodiscard]] Findings look_at_backends(const app::Session& session);
/// The distribution's archive, mirrors, binary caches, and this clock against theirs.
[[nodiscard]] Findings look_at_network(const app::Session& session);

/// Which of the packages that a plain build would take are past their support or have known holes.
[[nodiscard]] Findings look_at_stack(const app::Session& session);

} // namespace sf::doctor
