// What ships: the software tarball, the module tarball, checksums and manifest.
#pragma once

#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/sha256.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <map>
#include <set>
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

/// How the software tarball is compressed: .tar.gz, which everything reads, or .tar.zst, which is a third smaller.
enum class Archive { gz, zst };

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
    std::set<Archive> archives{Archive::gz};
    unsigned jobs = 1; ///< zstd frames made at a time; the bytes do not depend on it
};

struct Artifact {
    std::filesystem::path path;
    util::Digest sha256;
    std::uint64_t bytes = 0;
};

struct Bundle {
    std::vector<Artifact> software; ///< NAME-software.tar.gz, NAME-software.tar.zst: those asked for, in this order
    Artifact module;                ///< NAME-module.tar.gz
    Artifact manifest;              ///< NAME-manifest.json
};

/// Where write_bundle() puts the software tarball.
[[nodiscard]] std::filesystem::path software_path(const Request& request, Archive archive);

/// sha256 over everything that decides the bytes of each artifact; equal keys mean there is nothing to write. Which
/// archives are asked for is no part of it.
[[nodiscard]] util::Digest bundle_key(const Request& request);

/// Two packages of the closure that own the same path: error (code conflict) with both names and the paths.
[[nodiscard]] util::Status check_conflicts(const Request& request, const store::LayerStore& layers);

/// Writes the artifacts and a `.sha256` file beside each (sha256sum -c format), each in one step by rename. A software
/// tarball is the run slices' gzip members or zstd frames one after the other, then one with
/// software/share/slurm-factory/manifest.json, then one with the end-of-archive blocks. Frames that the store lacks are
/// made first. The same request gives the same bytes. Errors: no_space, interrupted, a layer that is not there.
[[nodiscard]] util::Result<Bundle> write_bundle(const Request& request, const store::LayerStore& layers,
                                                const util::StopToken& stop);

/// One file of the module tarball.
struct ModuleFile {
    std::string path; ///< below the tarball's top: "slurm/24.11.lua"
    std::string text;
};

/// What the module tarball holds (docs/modules.md): the module for Environment Modules, then the one for Lmod.
[[nodiscard]] std::vector<ModuleFile> module_files(const Request& request);

} // namespace sf::bundle
