// What is different where a directory lies on another machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace sf::util {

/// The kind of network file system ("NFS") that the path, or the nearest parent that exists, lies on.
[[nodiscard]] std::optional<std::string> network_file_system(const std::filesystem::path& path);

/// Makes what other machines did to the names in a directory seen from here on. An NFS client answers from its memory
/// for up to a minute otherwise, also with "there is no such file", and may open a file that was replaced. It asks
/// the server when a directory is opened. Nothing happens where there is no directory, or it is on this machine.
void see_changes_of_others(const std::filesystem::path& directory);

/// Whether the path exists, symbolic links included. One that does not is looked for once more, with the changes of
/// others seen from the nearest parent that exists on: another machine may have made it, or its directory, a moment
/// ago.
[[nodiscard]] bool path_exists_by_now(const std::filesystem::path& path);

} // namespace sf::util
