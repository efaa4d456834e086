// What ships: the software tarball, the module tarball, checksums and manifest.
#pragma once

#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/sha256.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sf::bundle {

/// One package of the run-time closure.
struct Package {
    std::string name;
    std::string version;
    std::string license;
    std::string homepage;
    std::map<std::string, std::string> variants;
    std::string source; ///< URL or apt package that the archive came from
    std::string source_sha256;
    util::Digest key;
    store::LayerSet layers;
    struct RelocationNote {
        std::string path; ///< glob
        std::string reason;
    };
    std::vector<RelocationNote> relocation;
};

struct Request {
    std::string name;              ///< "slurm-24.11": start of the file names
    std::string series;            ///< "24.11": the module's version
    std::vector<Package> packages; ///< run-time closure, the Slurm package last
    std::string image;             ///< "bookworm"
    std::string image_digest;
    std::string target; ///< "x86_64"
    std::string tool_version;
    std::string default_prefix; ///< "/opt/slurm/software"
    std::filesystem::path output;
};

struct Artifact {
    std::filesystem::path path;
    util::Digest sha256;
    std::uint64_t bytes = 0;
};

struct Bundle {
    Artifact software; ///< NAME-software.tar.gz
    Artifact module;   ///< NAME-module.tar.gz
    Artifact manifest; ///< NAME-manifest.json
};

/// sha256 over everything that decides the bytes of the artifacts; equal keys mean there is nothing to write.
[[nodiscard]] util::Digest bundle_key(const Request& request);

/// Two packages of the closure that own the same path: error (code conflict) with both names and the paths.
[[nodiscard]] util::Status check_conflicts(const Request& request, const store::LayerStore& layers);

/// Writes the artifacts and a `.sha256` file beside each (sha256sum -c format), each in one step by rename. The
/// software tarball is the run slices' gzip members one after the other, then a member with
/// software/share/slurm-factory/manifest.json, then one with the end-of-archive blocks. The same request gives the
/// same bytes.
[[nodiscard]] util::Result<Bundle> write_bundle(const Request& request, const store::LayerStore& layers);

/// Text of the Lmod module file (docs/modules.md).
[[nodiscard]] std::string module_file(const Request& request);

} // namespace sf::bundle
