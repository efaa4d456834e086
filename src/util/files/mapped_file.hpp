// A whole file as bytes, without a copy in memory.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace sf::util {

/// Only for files that no process truncates meanwhile.
class MappedFile {
public:
    /// A symbolic link is not followed.
    [[nodiscard]] static Result<MappedFile> open(const std::filesystem::path& path);
    /// An open file, `name` for messages. The descriptor is not needed any more afterwards.
    [[nodiscard]] static Result<MappedFile> of(const UniqueFd& fd, const std::string& name);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&&) = delete;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    [[nodiscard]] std::string_view text() const { return {static_cast<const char*>(bytes_), size_}; }

private:
    MappedFile(void* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

    void* bytes_; ///< null for an empty file
    std::size_t size_;
};

} // namespace sf::util
