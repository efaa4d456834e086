// A file that appears whole or not at all, hashed as it is written. Private to `bundle`.
#pragma once

#include "bundle/bundle.hpp"
#include "util/fd.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace sf::bundle {

/// The bytes lie in a temporary file beside the target until commit(); without it they go with the object.
class OutputFile {
public:
    explicit OutputFile(std::filesystem::path target) : target_(std::move(target)) {}
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    [[nodiscard]] util::Status open();
    [[nodiscard]] util::Status append(std::string_view bytes);
    [[nodiscard]] util::Status append_file(const std::filesystem::path& file);
    /// Syncs and renames; then writes the `.sha256` file beside it.
    [[nodiscard]] util::Result<Artifact> commit(Kind kind);

private:
    std::filesystem::path target_;
    std::string temporary_;
    util::UniqueFd fd_;
    util::Sha256 hash_;
    std::uint64_t bytes_ = 0;
};

} // namespace sf::bundle
