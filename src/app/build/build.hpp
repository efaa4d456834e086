// `slurm-factory build`
#pragma once

#include "app/audit/audit.hpp"
#include "app/remotes/signing.hpp"
#include "app/request/solving.hpp"
#include "bundle/bundle.hpp"
#include "engine/package/jobserver.hpp"
#include "verify/systems.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::app {

/// What was made of a package that is not Slurm: its layers.
struct BuiltPackage {
    std::string id;             ///< "hwloc@2.12.0"
    std::filesystem::path tree; ///< of the run slice, below the prefix
    std::uint64_t bytes = 0;    ///< of its files
};

struct BuildReport {
    std::optional<bundle::Bundle> bundle; ///< none when another package than Slurm was asked for
    std::vector<BuiltPackage> packages;   ///< then: its run-time closure
    std::filesystem::path lock;           ///< the lock file; empty when there is no bundle
    std::filesystem::path html;           ///< the report; empty when there was nothing to do
    bool up_to_date = false;              ///< nothing was built and nothing written
    unsigned built = 0;
    unsigned reused = 0;
    unsigned pulled = 0;
    std::uint64_t run_bytes = 0; ///< of the unpacked tree
    store::RunRecord run;        ///< what the caches gave
    Audit audit;                 ///< the known holes of what ships
    spec::Floor floor = spec::Floor::host();
    spec::Target target = spec::Target::generic();
    std::vector<verify::SystemVerdict> systems; ///< where it runs; empty when the floor is the image's own glibc
};

struct BuildOptions {
    std::set<bundle::Archive> archives{bundle::Archive::gz}; ///< kinds of the tarballs
    std::set<bundle::Extra> extras{};                        ///< what ships beside the software
    std::optional<SigningOptions> signing{};                 ///< sign what ships; with no key: the site's
    std::string pin;    ///< hold the packages under this name, whatever becomes of the tarballs; empty: do not
    std::string suffix; ///< of the bundle's name; empty: none
    engine::Jobserver* jobserver = nullptr; ///< of several builds beside one another; none: one of its own
};

/// Builds what the store lacks and writes the bundle with its lock file; of another package than Slurm the layers only.
/// What the bundle is made of is kept from garbage collection as long as its software tarball is there. A report and a
/// trace are written beside the bundle (app/record.hpp). Error usage, before anything is built: it is to be signed and
/// there is no key.
[[nodiscard]] util::Result<BuildReport> build(const Session& session, const BuildRequest& request,
                                              const BuildOptions& options);

/// The same of what is built already. Error failure: the store lacks a package; the message names them.
[[nodiscard]] util::Result<BuildReport> pack(const Session& session, const BuildRequest& request,
                                             const BuildOptions& options);

} // namespace sf::app
