// One installation's configuration: built-in defaults, /etc/slurm-factory/config.yaml,
// ROOT/config.yaml, SLURM_FACTORY_* environment variables, command-line options; later wins.
// Beside each config.yaml there may be a packages.yaml, which it overrides.
#pragma once

#include "http/retry.hpp"
#include "preference/preference.hpp"
#include "spec/floor.hpp"
#include "spec/hardening.hpp"
#include "spec/spec.hpp"
#include "util/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sf::site {

/// Where a value came from: "default", "/etc/slurm-factory/config.yaml:3", "environment", "--jobs". Of a list that
/// several places add to: the last of them.
using Origin = std::string;

/// How sources are fetched.
struct Network {
    bool offline = false;
    unsigned retries = 3; ///< further tries after the first, of one alternative
    std::chrono::seconds connect_timeout{10};
    std::chrono::seconds stall_timeout{30}; ///< give up on a transfer that moves no byte for so long
    unsigned parallel_downloads = 4;
    std::vector<std::string> mirrors; ///< directories, file:// or http(s):// base URLs, tried before upstream
    bool use_apt = true;              ///< allow the distribution's source archive

    [[nodiscard]] http::Timing timing() const
    {
        return {.connect_timeout = connect_timeout, .stall_timeout = stall_timeout};
    }
    [[nodiscard]] http::Retry retry() const { return {.retries = retries}; }
};

/// Bounds of one package's build.
struct Limits {
    unsigned jobs = 0;                            ///< parallel jobs of the whole run; 0: see effective_jobs()
    std::uint64_t memory_bytes = 0;               ///< per sandbox; 0: three quarters of the machine
    unsigned pids = 4096;                         ///< per sandbox
    std::uint64_t job_memory_bytes = 2ULL << 30U; ///< memory wanted per parallel job
    unsigned nice = 0;                            ///< what builds give way by, as nice(1) has it
    std::uint64_t log_bytes = 256ULL << 20U;      ///< of one package's log; 0: no bound
    bool idle_io = false;                         ///< they read and write when nobody else does (ionice(1), class idle)
};

/// Which levers of the build are used (docs/design.md, "Levers").
struct Levers {
    bool tmpfs_stage = true;
    bool mold = true;
    bool configure_cache = true;
    bool ccache = true;
};

/// The compiler cache, where levers.ccache is on.
struct Compiler {
    std::filesystem::path directory; ///< of the caches of all packages; empty: ROOT/cache/ccache
    std::string remote;              ///< storage behind it: a directory, or a URL as ccache has them; empty: none
    std::string prefix; ///< what a compilation that it does not know is run through: "distcc"; empty: nothing
    std::map<std::string, std::string> variables; ///< for ccache and the prefix: "DISTCC_HOSTS"

    [[nodiscard]] bool remote_is_directory() const { return remote.starts_with('/'); }
    /// Whether builds must see the host's network.
    [[nodiscard]] bool needs_network() const { return !prefix.empty() || (!remote.empty() && !remote_is_directory()); }
};

/// How much is kept between builds (`gc`). Sizes in bytes; 0: no bound.
struct Caches {
    std::uint64_t layers_bytes = 0;
    std::uint64_t sources_bytes = 0;
    std::uint64_t compiler_bytes = 5ULL << 30U; ///< of all packages together
    std::uint64_t images_bytes = 0;
    std::uint64_t logs_bytes = 0;
    unsigned keep_days = 30;           ///< what no kept build needs goes when it was not used for so long
    std::vector<std::string> remotes;  ///< binary caches to take packages from, the first that has one
    bool only_signed = true;           ///< take from them only what a key of the ring has signed
    bool zstd = false;                 ///< `cache push` compresses with zstd, not gzip
    std::filesystem::path signing_key; ///< secret key that `cache push` signs with; empty: does not sign
};

/// What `deploy` takes.
struct Deployments {
    bool only_signed = false; ///< a tarball that no key of the ring has signed is refused
};

/// What `audit` takes advisories from, beside those that ship with the tool.
struct Audits {
    std::vector<std::string> advisories; ///< files, directories, http(s):// URLs
    unsigned oldest_days = 30;           ///< advisories that are older draw a warning, downloaded ones an error
};

/// What is built when a command does not say otherwise.
struct SlurmDefaults {
    std::string version;          ///< a series or an exact version; empty: the tool's own default
    spec::VariantValues variants; ///< over the defaults of the recipe
    bool gpu = false;
    bool minimal = false;
    std::string target; ///< the processor to build for; empty: the tool's own default
};

struct Site {
    std::filesystem::path root;                            ///< ~/.slurm-factory
    std::filesystem::path output;                          ///< ROOT/builds
    std::vector<std::filesystem::path> recipe_directories; ///< built-in first, then the user's
    std::vector<std::filesystem::path> image_directories;  ///< built-in first, then the user's
    std::string image;                                     ///< name of the base image recipe; empty: the host's suite
    std::string backend;                                   ///< "oci", "lxd", "host" or empty for the first that works
    std::string runtime;                                   ///< "crun", "runc" or empty for the first found
    Network network;
    Limits limits;
    Levers levers;
    Compiler compiler;
    Caches cache;
    Deployments deploy;
    Audits audit;
    SlurmDefaults slurm;
    spec::HardeningLevel hardening = spec::HardeningLevel::standard;
    spec::Floor floor = spec::Floor::usual(); ///< the oldest glibc that builds run on
    std::filesystem::path floor_directory;    ///< what a floor's libraries are made of; ships with the tool
    bool reuse = true;                        ///< prefer what the store has over what would be newer
    preference::Preferences packages;
    std::map<std::string, Origin> origins; ///< by key of config.yaml, e.g. "network.retries"

    /// Recipes, and versions added to recipes, of this root. Read when it is there.
    [[nodiscard]] std::filesystem::path own_recipes() const { return root / "recipes"; }
    [[nodiscard]] std::filesystem::path source_cache() const { return root / "cache" / "sources"; }
    [[nodiscard]] std::filesystem::path ccache_directory() const
    {
        return compiler.directory.empty() ? root / "cache" / "ccache" : compiler.directory;
    }
    /// One directory of ccache's for each package, which no other package's build can write to.
    [[nodiscard]] std::filesystem::path compiler_caches() const { return ccache_directory() / "packages"; }
    /// The ring: public keys, NAME.pub.
    [[nodiscard]] std::filesystem::path keys() const { return root / "keys"; }
    /// What `mirror add` keeps (site/mirrors.hpp).
    [[nodiscard]] std::filesystem::path mirrors_file() const { return root / "mirrors.yaml"; }
    [[nodiscard]] std::filesystem::path layers() const { return root / "layers"; }
    [[nodiscard]] std::filesystem::path images() const { return root / "images"; }
    [[nodiscard]] std::filesystem::path logs() const { return root / "logs"; }
    [[nodiscard]] std::filesystem::path work() const { return root / "work"; }
    [[nodiscard]] std::filesystem::path database() const { return root / "state.db"; }
    [[nodiscard]] unsigned effective_jobs() const; ///< limits.jobs, or the usable cores as far as memory allows
    [[nodiscard]] std::uint64_t effective_memory_bytes() const; ///< limits.memory, or three quarters of the machine's
};

/// What the command line said; unset fields leave the lower layers' values.
struct Overrides {
    std::optional<std::filesystem::path> root;
    std::optional<std::filesystem::path> output;
    std::vector<std::filesystem::path> recipe_directories; ///< added after the configured ones
    std::vector<std::filesystem::path> image_directories;  ///< added after the configured ones
    std::vector<std::string> mirrors;                      ///< put before the configured ones
    std::vector<std::string> remotes;                      ///< put before the configured ones
    std::vector<std::filesystem::path> package_files;      ///< in packages.yaml's format; a later one wins
    std::optional<bool> offline;
    std::optional<unsigned> jobs;
    std::optional<unsigned> retries;
    std::optional<unsigned> connect_timeout_seconds;
    std::optional<std::string> image;
    std::optional<std::string> backend;
    std::optional<std::string> runtime;
};

/// Looks an environment variable up; nullopt: unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// This process's environment.
[[nodiscard]] Environment process_environment();

/// Reads a config.yaml, and whatever lies beside it, for its faults: those of load_site(). Error usage: there is none.
[[nodiscard]] util::Status check_file(const std::filesystem::path& file);

/// Merges all layers. `data_directory` holds the built-in recipes/ and images/; packages.yaml is looked for beside
/// `system_config` and in the root. A malformed or unknown key is an error with file:line:column and the nearest known
/// key; a bad environment variable one that names it.
[[nodiscard]] util::Result<Site>
load_site(const Overrides& overrides, const std::filesystem::path& data_directory,
          const std::filesystem::path& system_config = "/etc/slurm-factory/config.yaml",
          const Environment& environment = process_environment());

} // namespace sf::site
