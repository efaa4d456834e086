// What is in a bundle that was written before: its files and its packages.
#pragma once

#include "manifest/manifest.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace sf::bundle {

/// One entry of the tree that is not a directory.
struct File {
    bool executable = false;
    std::uint64_t bytes = 0;
    std::string content; ///< sha256 of a regular file; of a symbolic link "-> TARGET"

    bool operator==(const File&) const = default;
};

/// One package, as the manifest has it.
struct Shipped {
    std::string version;
    std::string variants; ///< "+pmix ~gtk"
    std::uint64_t bytes = 0;
    std::string layer; ///< digest of its run slice
};

struct Contents {
    std::string name;                        ///< "slurm-24.11"; empty without a manifest
    std::string target;                      ///< "x86_64_v3"
    std::string image;                       ///< "bookworm"
    std::map<std::string, Shipped> packages; ///< by name
    std::map<std::string, File> files;       ///< by path below the tree
    manifest::Manifest manifest;             ///< empty where there is none
};

/// Reads a software tarball (.tar.gz or .tar.zst) or the tree that it was unpacked to; nothing is written. Errors:
/// usage when nothing is there; verify for what is neither, or is damaged, or has a manifest that is none.
[[nodiscard]] util::Result<Contents> read_contents(const std::filesystem::path& path, const util::StopToken& stop);

} // namespace sf::bundle
