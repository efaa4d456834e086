// What ships: tarballs of software, modules, headers and debug information, and the documents that say what is in them.
#pragma once

#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sf::bundle {

/// Patches that were applied to a package's source, in this order: those out of a Debian source package, or the
/// recipe's own.
struct Patches {
    std::string package;  ///< "slurm-wlm"; empty: the recipe's own
    std::string revision; ///< "24.11.5-4+deb13u1"
    std::string sha256;   ///< of its .debian.tar.xz
    std::string url;      ///< web address of that, where the recipe has one
    struct File {
        std::string name;
        std::vector<std::string> fixes; ///< "CVE-2026-65107"
    };
    std::vector<File> files;
};

/// A hole that a package's version has, and what was done about it.
struct Hole {
    enum class State {
        open,      ///< nothing closes it
        patched,   ///< patches do
        not_built, ///< the build leaves the code out
        unknown    ///< whether the version has it cannot be told
    };
    std::string id; ///< "CVE-2026-65107"
    std::string summary;
    State state = State::open;
    std::string detail;   ///< the patches, why the code is not there, or why it cannot be told
    std::string fixed_in; ///< the release that mends it; empty: none is known
};

/// One package of the run-time closure.
struct BundledPackage {
    std::string name;
    std::string version;
    std::string license;
    std::string homepage;
    std::map<std::string, std::string> variants;
    std::string source; ///< URL or apt package that the archive came from
    std::string source_sha256;
    std::string source_url; ///< web address of the same bytes, where the recipe has one
    util::Digest key;
    store::LayerSet layers;
    std::vector<std::string> dependencies; ///< names of those of the closure that it needs at run time, sorted
    std::map<std::string, std::string> recipe_files; ///< sha256 by name: the recipe's patches and the like
    struct RelocationNote {
        std::string path; ///< glob
        std::string reason;
    };
    std::vector<RelocationNote> relocation;
    std::vector<Patches> patches = {};
    std::vector<Hole> holes = {}; ///< by the advisories that ship with the tool, sorted by id
    /// Files that lack a protection.
    struct HardeningNote {
        std::string what; ///< "bind-now"
        std::string path;
        std::string reason;
    };
    std::vector<HardeningNote> hardening = {};
};

/// Files of the same build that ship beside the software, to be unpacked over it.
enum class Extra {
    dev,  ///< headers, pkg-config files, links to libraries
    debug ///< symbols and debug information, found by build-id
};

/// How the software tarball is compressed: .tar.gz, which everything reads, or .tar.zst, which is a third smaller.
enum class Archive { gz, zst };

struct BundleRequest {
    std::string name;                     ///< "slurm-24.11": start of the file names
    std::string series;                   ///< "24.11": the module's version
    std::string asked;                    ///< what the user asked for: "slurm@24.11 +pmix"
    std::vector<BundledPackage> packages; ///< run-time closure, the Slurm package last
    std::string image;                    ///< "bookworm"
    std::string image_digest;
    std::string target; ///< "x86_64"
    std::string tool_version;
    std::string default_prefix; ///< "/opt/slurm/software"
    std::filesystem::path output;
    std::set<Archive> archives{Archive::gz};
    std::set<Extra> extras{};
    std::vector<std::string> signature_suffixes{}; ///< of files that go when the file they speak of is written anew
    std::string hardening{};                       ///< "default"
    std::string glibc{};                           ///< the floor: "2.28", "host"
    std::string floor_sources{};                   ///< sha256 of what the floor's parts of programs are made of
    unsigned jobs = 1;                             ///< zstd frames made at a time; the bytes do not depend on it
};

enum class Kind { software, dev, debug, module, manifest, spdx, cyclonedx, provenance };

/// A tarball, not a document about them.
[[nodiscard]] constexpr bool is_tarball(Kind kind)
{
    return kind <= Kind::module;
}

/// One file of a bundle.
struct Output {
    Kind kind = Kind::software;
    Archive archive = Archive::gz; ///< of software, dev and debug
    std::filesystem::path path;
    util::Digest key; ///< sha256 over everything that decides the bytes: where it is equal there is nothing to write
};

/// The files that write_bundle() writes, in its order: NAME-software.tar.gz or .tar.zst, -dev, -debug, -module.tar.gz,
/// -manifest.json, -sbom.spdx.json, -sbom.cdx.json, -provenance.json. A tarball's key does not depend on which others
/// are asked for.
[[nodiscard]] std::vector<Output> outputs(const BundleRequest& request);

struct Artifact {
    Kind kind = Kind::software;
    std::filesystem::path path;
    util::Digest sha256;
    std::uint64_t bytes = 0;
};

using Bundle = std::vector<Artifact>;

/// Two packages of the closure that own the same path: error (code conflict) with both names and the paths.
[[nodiscard]] util::Status check_conflicts(const BundleRequest& request, const store::LayerStore& layers);

/// Writes outputs() but for those that `present` has, and a `.sha256` file beside each (sha256sum -c format), each in
/// one step by rename. A software tarball is the run slices' gzip members or zstd frames one after the other, then one
/// with software/share/slurm-factory/manifest.json, then one with the end-of-archive blocks; those of dev and debug
/// slices are the same without the manifest. Frames that the store lacks are made first. The same request gives the
/// same bytes. The result has all outputs. Errors: no_space, interrupted, a layer that is not there.
[[nodiscard]] util::Result<Bundle> write_bundle(const BundleRequest& request, const store::LayerStore& layers,
                                                const Bundle& present, const util::StopToken& stop);

/// One file of the module tarball.
struct ModuleFile {
    std::string path; ///< below the tarball's top: "slurm/24.11.lua"
    std::string text;
};

/// What the module tarball holds (docs/modules.md): the module for Environment Modules, then the one for Lmod.
[[nodiscard]] std::vector<ModuleFile> module_files(const BundleRequest& request);

} // namespace sf::bundle
