// Which users and groups this process may act for.
#pragma once

#include <string_view>

namespace sf::identity {

/// The user, and the group, that commands of a build run as and that layers on disk belong to: an id that no person
/// has.
inline constexpr unsigned builder_uid = 59999;

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
