// A file that appears whole or not at all, hashed as it is written. Private to `bundle`.
#pragma once

#include "bundle/bundle.hpp"
#include "util/fd.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sf::bundle {

/// The bytes lie in a temporary file beside the target until commit(); without it they go with the object.
class OutputFile {
public:
    /// `signature_suffixes`: ends of the names of files that speak of the bytes that are there now.
    OutputFile(std::filesystem::path target, std::vector<std::string> signature_suffixes) :
        target_(std::move(target)), signature_suffixes_(std::move(signature_suffixes))
    {
    }
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    [[nodiscard]] util::Status open();
    [[nodiscard]] util::Status append(std::string_view bytes);
    [[nodiscard]] util::Status append_file(const std::filesystem::path& file);
    /// Puts the file and its `.sha256` in place. Two names cannot change in one step, so first the old file's sum and
    /// signatures are removed, then the file is replaced, then its sum written. A reader, even after a crash at any
    /// moment, finds the old file or the new one, complete, with its own sum or none; never another's.
    [[nodiscard]] util::Result<Artifact> commit(Kind kind);

private:
    [[nodiscard]] util::Status remove_what_speaks_of_it(const std::filesystem::path& sums) const;

    std::filesystem::path target_;
    std::vector<std::string> signature_suffixes_;
    std::string temporary_;
    util::UniqueFd fd_;
    util::Sha256 hash_;
    std::uint64_t bytes_ = 0;
};

} // namespace sf::bundle
