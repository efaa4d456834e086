// Which users and groups this process may act for.
#pragma once

#include <string_view>

namespace sf::identity {

/// The user, and the group, that commands of a build run as: an id that nothing on any system gives to anybody.
///
/// - useradd(8) and adduser(8) give ordinary users ids up to 59999 (Debian) or 60000 (login.defs(5) elsewhere).
/// - Debian's packages have 60000 to 64999, and it gives out none of 65000 to 65533 (Policy 9.2.2).
/// - systemd has 60001 to 60577 for home directories and containers and 61184 to 65519 for DynamicUser=.
/// - Subordinate ids begin at 100000, containers of systemd at 524288, directories of companies far above.
/// - 65532 to 65535 mean "nobody" to somebody: container images that run as no root, NFS, the kernel.
///
/// So 65520 to 65531 are free everywhere. It must also be below 65536, which is how many ids a container or an ordinary
/// user has (subuid(5)).
inline constexpr unsigned builder_uid = 65521;

/// Whether `map`, the text of /proc/PID/uid_map or gid_map, is that of a user namespace in which not all ids exist.
[[nodiscard]] bool is_partial_map(std::string_view map);
/// Whether the id exists in a user namespace with this map. (user_namespaces(7) has the format.)
[[nodiscard]] bool maps_id(std::string_view map, unsigned id);

/// This process is in a user namespace of its own or of its container: it may own and mount less than root may.
[[nodiscard]] bool in_user_namespace();
/// The builder's id exists here, as user and as group.
[[nodiscard]] bool has_builder();
/// builder_uid, or 0 in a user namespace that has only the caller's own id: there the caller builds as himself.
[[nodiscard]] unsigned builder();

} // namespace sf::identity
