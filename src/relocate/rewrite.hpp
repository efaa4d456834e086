// Changing files in place, and paths below the prefix. Private to `relocate`.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sf::relocate {

/// The place of an absolute path below the prefix ("." for the prefix itself), or nullopt when it is elsewhere.
[[nodiscard]] std::optional<std::filesystem::path> below_prefix(const std::filesystem::path& path,
                                                                const std::string& prefix);

/// An open file that is changed in place: owner, hard links and mode stay, also where the mode forbids writing.
class FileEdit {
public:
    explicit FileEdit(std::filesystem::path path) : path_(std::move(path)) {}
    FileEdit(const FileEdit&) = delete;
    FileEdit& operator=(const FileEdit&) = delete;
    ~FileEdit();

    [[nodiscard]] util::Status open();
    [[nodiscard]] util::Status write_at(std::uint64_t offset, std::string_view bytes);
    [[nodiscard]] util::Status replace_contents(std::string_view bytes);

private:
    std::filesystem::path path_;
    util::UniqueFd fd_;
    std::optional<mode_t> mode_to_restore_;
};

} // namespace sf::relocate
