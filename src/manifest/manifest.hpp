// Reads the manifest that ships in a tree, which may come from elsewhere. bundle/manifest.cpp writes its keys; later
// versions may add more.
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::manifest {

/// Where it lies below the top of the tree.
inline constexpr const char* place = "share/slurm-factory/manifest.json";

/// What one may be long at most, in bytes.
inline constexpr std::uint64_t longest = std::uint64_t{16} << 20U;

/// A file that may mention the build prefix.
struct Relocation {
    std::string path; ///< glob
    std::string reason;
};

/// Patches that were applied to a package's source.
struct Patches {
    std::string package;  ///< Debian's source package; empty: the recipe's own
    std::string revision; ///< of that package
    struct File {
        std::string name;
        std::vector<std::string> fixes; ///< "CVE-2026-65107"
    };
    std::vector<File> files;
};

/// A file that may lack a protection.
struct HardeningNote {
    std::string what; ///< "bind-now"
    std::string path; ///< glob
    std::string reason;
};

struct ManifestPackage {
    std::string name;
    std::string version;
    std::string license;                         ///< an SPDX expression
    std::map<std::string, std::string> variants; ///< "pmix": "true"
    std::uint64_t bytes = 0;                     ///< unpacked
    std::string run_layer;                       ///< digest of the run slice, 64 hexadecimal digits
    std::vector<Relocation> relocation;
    std::string source; ///< "apt:slurm-wlm=24.11.5", or a URL
    std::vector<Patches> patches;
    std::vector<HardeningNote> hardening;
};

/// What it does not say is empty. No text in it may be trusted to have the shape that the writer gave it.
struct Manifest {
    std::string name; ///< "slurm-24.11"
    std::string slurm_version;
    std::string target;    ///< "x86_64_v3"
    std::string hardening; ///< "default"
    std::string glibc;     ///< the floor: "2.28", "host"; empty: made by versions that knew none
    std::string image;     ///< "bookworm"
    std::vector<ManifestPackage> packages;
};

/// Error verify: it is no JSON object with a list of packages.
[[nodiscard]] util::Result<Manifest> parse(std::string_view text);

/// That of a tree, which a stranger may have made: nothing outside of it is read. nullopt: it has none.
[[nodiscard]] util::Result<std::optional<Manifest>> find(const std::filesystem::path& tree);

} // namespace sf::manifest
