// Reads files written by others: a build script, another user, a cache on a shared disk.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace sf::util {

/// Opens a regular file for reading. Refuses a symbolic link at the end of the path, and everything that is not a
/// regular file; never blocks. ENOENT has the code and text of util::open_file().
[[nodiscard]] Result<UniqueFd> open_foreign_file(const std::filesystem::path& path);

/// All of such a file; an error when it has more than `most` bytes, also when it grows while it is read.
[[nodiscard]] Result<std::string> read_foreign_file(const std::filesystem::path& path, std::uint64_t most);

/// A file that the user named: links are followed, and a pipe is read to its end, as `<(command)` of a shell is one. A
/// FIFO that nobody writes to is empty. Bounded like the others.
[[nodiscard]] Result<std::string> read_named_file(const std::filesystem::path& path, std::uint64_t most);

/// The first `most` bytes of such a file, or all of a shorter one.
[[nodiscard]] Result<std::string> read_foreign_start(const std::filesystem::path& path, std::uint64_t most);

/// The last `most` bytes of such a file, or all of a shorter one.
[[nodiscard]] Result<std::string> read_foreign_tail(const std::filesystem::path& path, std::uint64_t most);

/// The same of an open regular file, `name` for messages.
[[nodiscard]] Result<std::string> read_tail(int fd, std::uint64_t most, const std::string& name);

/// What is left of an open regular file, `name` for messages; an error when that is more than `most` bytes or no
/// regular file.
[[nodiscard]] Result<std::string> read_bounded(int fd, std::uint64_t most, const std::string& name);

/// What comes from an open file, pipe or terminal until its end; an error when that is more than `most` bytes, or when
/// a stop is requested while it waits.
[[nodiscard]] Result<std::string> read_stream(int fd, std::uint64_t most, const std::string& name,
                                              const StopToken& stop);

} // namespace sf::util
