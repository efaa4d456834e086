// Every setting, declared once. A setting is a member with its default, and a line in declare() below it: key, member,
// range, help, and where it has them, its environment variable and its option. The reader of config.yaml, the
// environment, the command line, `config show|check|reference`, completion, man pages and docs/configuration.md follow.
//
//     unsigned retries = 3;
//     add.number("retries", &Network::retries, {.min = 0, .max = 100}, "Further tries of one place.")
//         .environment("SLURM_FACTORY_RETRIES")
//         .option({.name = "--retries", .value = "N", .help = "Further tries of a failed transfer [{}]"});
//
// site/kind.hpp lists the kinds of values: flag, number, size, path and so on. `SF_UPDATE_GOLDEN=1 test_site` writes
// the tables of docs/configuration.md. A new group of settings is a struct here and an add.group() in Site::declare().
#pragma once

#include "http/retry.hpp"
#include "preference/preference.hpp"
#include "spec/floor.hpp"
#include "spec/hardening.hpp"
#include "spec/spec.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sf::site {

/// Where a value came from: "default", "/etc/slurm-factory/config.yaml:3", "environment", "--jobs". Of a list that
/// several places add to: the last of them.
using Origin = std::string;

/// How sources are fetched.
struct Network {
    bool offline = false;
    unsigned retries = http::Retry().retries; ///< further tries after the first, of one alternative
    std::chrono::seconds connect_timeout = http::Timing().connect_timeout;
    std::chrono::seconds stall_timeout = http::Timing().stall_timeout; ///< give up when no byte moves for so long
    unsigned parallel_downloads = 4;
    std::vector<std::string> mirrors; ///< directories, file:// or http(s):// base URLs, tried before upstream
    bool use_apt = true;              ///< allow the distribution's source archive

    template <typename Adder> static void declare(Adder& add)
    {
        add.flag("offline", &Network::offline,
                 "Never touch the network: missing sources, in neither the source cache nor a mirror directory, are an "
                 "error before anything is built.")
            .environment("SLURM_FACTORY_OFFLINE")
            .option({.name = "--offline", .help = "Never touch the network", .rank = 7});
        add.number("retries", &Network::retries, {.min = 0, .max = 100},
                   "Further tries of one place after a failed transfer.")
            .option({.name = "--retries", .value = "N", .help = "Further tries of a failed transfer [{}]", .rank = 9});
        add.seconds("connect-timeout", &Network::connect_timeout, "How long to wait for a connection.")
            .option({.name = "--connect-timeout",
                     .value = "S",
                     .help = "Seconds to wait for a connection [{}]",
                     .rank = 10});
        add.seconds("stall-timeout", &Network::stall_timeout, "Give up on a transfer after this time without a byte.");
        add.number("parallel-downloads", &Network::parallel_downloads, {.min = 1, .max = 64}, "Transfers at a time.");
        add.places("mirrors", &Network::mirrors, {.what = "mirror", .schemes = {"file", "http", "https"}},
                   "Directories, `file://` or `http(s)://` addresses, tried before a source's own places.")
            .environment("SLURM_FACTORY_MIRRORS")
            .option({.name = "--mirror",
                     .value = "URL",
                     .help = "A directory, file:// or http(s):// URL to try for sources first",
                     .rank = 4});
        add.flag("apt", &Network::use_apt, "Whether to use the distribution's source archive.");
    }

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

    template <typename Adder> static void declare(Adder& add)
    {
        add.number("jobs", &Limits::jobs, {.min = 0, .max = 4096, .zero = "one job per core"},
                   "Parallel jobs of the whole run; 0: one for each core available to this process.")
            .environment("SLURM_FACTORY_JOBS")
            .option({.name = "--jobs",
                     .letter = "-j",
                     .value = "N",
                     .help = "Parallel jobs of the whole run [one per core]",
                     .least = 1,
                     .rank = 8});
        add.size("memory", &Limits::memory_bytes, "Memory of one sandbox; 0: three quarters of the machine's.");
        add.number("pids", &Limits::pids, {.min = 64, .max = 1U << 22U}, "Processes and threads of one sandbox.");
        add.size("job-memory", &Limits::job_memory_bytes,
                 "Expected memory of each parallel job: without `limits.jobs` there are as many jobs as cores, but no "
                 "more than fit into `limits.memory`.");
        add.number("nice", &Limits::nice, {.min = 0, .max = 19}, "Niceness of builds, as with `nice`.");
        add.word("io", &Limits::idle_io, "normal", "idle",
                 "`idle`: builds read and write only when no other process does, as with `ionice -c idle`.");
        add.size("log", &Limits::log_bytes,
                 "Maximum size of one package's log: the rest is left out, except its last 64 KiB; 0: no limit.");
    }
};

/// Which levers of the build are used (docs/design.md, "Levers").
struct Levers {
    bool tmpfs_stage = true;
    bool mold = true;
    bool configure_cache = true;
    bool ccache = true;

    template <typename Adder> static void declare(Adder& add)
    {
        add.flag("tmpfs-stage", &Levers::tmpfs_stage, "Build in memory if there is enough.");
        add.flag("mold", &Levers::mold, "Link with mold if the base image has it.");
        add.flag(
            "configure-cache", &Levers::configure_cache,
            "Let configure scripts reuse the base image's answers ([Configure cache](sandbox.md#configure-cache)).");
        add.flag(
            "ccache", &Levers::ccache,
            "Keep compiled objects in `ROOT/cache/ccache`, separately for each package, if the base image has ccache.");
    }
};

/// The compiler cache, where levers.ccache is on.
struct Compiler {
    static constexpr const char* usual_directory = "cache/ccache"; ///< below the root
    std::filesystem::path directory;                               ///< of the caches of all packages
    std::string remote; ///< storage behind it: a directory, or a URL as ccache has them; empty: none
    std::string prefix; ///< what a compilation that it does not know is run through: "distcc"; empty: nothing
    std::map<std::string, std::string> variables; ///< for ccache and the prefix: "DISTCC_HOSTS"

    template <typename Adder> static void declare(Adder& add)
    {
        add.path("directory", &Compiler::directory,
                 "Directory of the compiler caches, with `levers.ccache`: each package has its own, `packages/NAME`.")
            .below_root(usual_directory);
        add.place("remote", &Compiler::remote,
                  "Storage behind it that several machines share: a directory, with `packages/NAME` for each package, "
                  "or a URL of [ccache](https://ccache.dev/manual/latest.html#_remote_storage_backends) (`http://`, "
                  "`redis://`), where packages are [not separate](sandbox.md#what-a-hostile-recipe-can-do).");
        add.text("prefix", &Compiler::prefix,
                 "Program that runs the compilations that ccache does not have: `distcc`, `icecc`. The base image must "
                 "have it.");
        add.variables(
            "variables", &Compiler::variables, {"CCACHE_", "DISTCC_", "ICECC_"},
            R"(Variables for them: `DISTCC_HOSTS: "10.0.0.5 10.0.0.6"`; only `CCACHE_*`, `DISTCC_*` and `ICECC_*`.)");
    }

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

    template <typename Adder> static void declare(Adder& add)
    {
        add.size("layers", &Caches::layers_bytes,
                 "Size to which `gc` reduces built packages, unless kept builds need more; 0: no limit.");
        add.size("sources", &Caches::sources_bytes, "The same for archives of sources.");
        add.size("compiler", &Caches::compiler_bytes,
                 "Size to which a build and `gc` reduce the compiler caches of all packages together; 0: no limit.");
        add.size(
            "images", &Caches::images_bytes,
            "Size to which `gc` reduces base images, except imported images and those of kept builds; 0: no limit.");
        add.size("logs", &Caches::logs_bytes, "Size to which `gc` reduces logs; 0: no limit.");
        add.number("keep-days", &Caches::keep_days, {.min = 0, .max = 36500},
                   "`gc` removes what no kept build needs after this many days without use.");
        add.places("remotes", &Caches::remotes, {.what = "remote", .schemes = {"file", "http", "https", "oci"}},
                   "[Binary caches](cache.md) to take packages from: directories, `file://`, `http(s)://` or `oci://` "
                   "addresses. The first that has a package wins.")
            .environment("SLURM_FACTORY_CACHES")
            .option({.name = "--cache",
                     .value = "URL",
                     .help = "A binary cache to take packages from, before the configured ones",
                     .rank = 5});
        add.flag("only-signed", &Caches::only_signed, "Take only packages signed by a key of the ring (`ROOT/keys`).");
        add.word("compression", &Caches::zstd, "gzip", "zstd",
                 "How `cache push` [compresses](cache.md#entry) the layers of packages.");
        add.path("signing-key", &Caches::signing_key, "The secret key that `cache push` signs with.");
    }
};

/// What `deploy` takes.
struct Deployments {
    bool only_signed = false; ///< a tarball that no key of the ring has signed is refused

    template <typename Adder> static void declare(Adder& add)
    {
        add.flag("only-signed", &Deployments::only_signed,
                 "`deploy` accepts only tarballs signed by a key of the ring (`ROOT/keys`). It never accepts a wrong "
                 "signature, or one by another key.");
    }
};

/// What `audit` takes advisories from, beside those that ship with the tool.
struct Audits {
    std::vector<std::string> advisories; ///< files, directories, http(s):// URLs
    unsigned oldest_days = 30;           ///< advisories that are older draw a warning, downloaded ones an error

    template <typename Adder> static void declare(Adder& add)
    {
        add.places("advisories", &Audits::advisories, {.what = "place of advisories", .schemes = {"http", "https"}},
                   "Advisories for [`audit`](audit.md) besides those that ship with the tool: files, directories, "
                   "`http(s)://` addresses.");
        add.number(
            "oldest", &Audits::oldest_days, {.min = 1, .max = 36500, .unit = "days"},
            "Older advisories cause a warning; older downloaded ones are refused if the server does not answer.");
    }
};

/// What is built when a command does not say otherwise.
struct SlurmDefaults {
    std::string version;          ///< a series or an exact version; empty: the tool's own default
    spec::VariantValues variants; ///< over the defaults of the recipe
    bool gpu = false;
    bool minimal = false;
    std::string target; ///< the processor to build for; empty: the tool's own default

    template <typename Adder> static void declare(Adder& add)
    {
        add.slurm_version("version", &SlurmDefaults::version,
                          "The Slurm to build if the command names none: a series (`24.11`) or an exact version "
                          "(`24.11.5`). Without this setting, the newest supported series whose source the tool can "
                          "get.")
            .environment("SLURM_FACTORY_SLURM_VERSION");
        add.variants("variants", &SlurmDefaults::variants,
                     "Values that override the recipe's defaults: `+kafka ~hdf5`.")
            .environment("SLURM_FACTORY_VARIANTS");
        add.flag("gpu", &SlurmDefaults::gpu, "Build with support for GPUs.").environment("SLURM_FACTORY_GPU");
        add.flag("minimal", &SlurmDefaults::minimal, "Build only the daemons, the commands and the core plugins.")
            .environment("SLURM_FACTORY_MINIMAL");
        add.text("target", &SlurmDefaults::target, "The processor to build for.").environment("SLURM_FACTORY_TARGET");
    }
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

    template <typename Adder> static void declare(Adder& add)
    {
        add.path("output", &Site::output, "Directory of finished tarballs and their companions.")
            .below_root("builds")
            .option({.name = "--output", .value = "DIR", .help = "Directory of finished tarballs [{}]", .rank = 1});
        declare_sandbox(add);
        add.paths("recipes", &Site::recipe_directories,
                  "Directories of [recipes](recipes.md) that add to or replace the built-in ones.")
            .option({.name = "--recipes",
                     .value = "DIR",
                     .help = "A directory of recipes that replace or add to the built-in ones",
                     .rank = 2});
        add.paths("images", &Site::image_directories, "The same for recipes of base images.")
            .option({.name = "--images",
                     .value = "DIR",
                     .help = "A directory of base image recipes that replace or add to the built-in ones",
                     .rank = 3});
        add.group("network", &Site::network);
        add.group("limits", &Site::limits);
        add.group("levers", &Site::levers);
        add.group("compiler", &Site::compiler);
        add.group("cache", &Site::cache);
        add.group("deploy", &Site::deploy);
        add.group("audit", &Site::audit);
        add.group("slurm", &Site::slurm);
        declare_packages(add);
    }

    /// Recipes, and versions added to recipes, of this root. Read when it is there.
    [[nodiscard]] std::filesystem::path own_recipes() const { return root / "recipes"; }
    [[nodiscard]] std::filesystem::path source_cache() const { return root / "cache" / "sources"; }
    [[nodiscard]] std::filesystem::path ccache_directory() const
    {
        return compiler.directory.empty() ? root / Compiler::usual_directory : compiler.directory;
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

private:
    template <typename Adder> static void declare_sandbox(Adder& add)
    {
        add.text("image", &Site::image, "The base image to build in.")
            .otherwise("that of the host's suite")
            .option(
                {.name = "--image", .value = "NAME", .help = "Base image to build in [the host's suite]", .rank = 11});
        add.choice("backend", &Site::backend, {"oci", "lxd", "host"},
                   "How builds are isolated ([Sandbox](sandbox.md#backends)).")
            .otherwise("the first of `oci` and `lxd` that works")
            .option(
                {.name = "--backend",
                 .value = "NAME",
                 .help = "How builds are isolated: oci, lxd or host (not at all) [the first of oci and lxd that works]",
                 .rank = 12});
        add.choice("runtime", &Site::runtime, {"crun", "runc"}, "The program that runs the sandboxes.")
            .otherwise("the first installed")
            .option({.name = "--runtime",
                     .value = "NAME",
                     .help = "OCI runtime: crun or runc [the first that is installed]",
                     .rank = 13});
    }

    template <typename Adder> static void declare_packages(Adder& add)
    {
        add.hardening("hardening", &Site::hardening,
                      "The [protections](hardening.md) of packages against attacks on memory.")
            .environment("SLURM_FACTORY_HARDENING");
        add.floor("glibc", &Site::floor, "The [oldest glibc](glibc.md) to run on; `host` is the base image's own.")
            .environment("SLURM_FACTORY_GLIBC");
        add.flag("solver.reuse", &Site::reuse, "Prefer packages of the store to newer ones.")
            .environment("SLURM_FACTORY_REUSE");
        add.packages("packages", &Site::packages, "Settings of single packages; see [package settings](packages.md).")
            .environment("SLURM_FACTORY_PACKAGES")
            .option(
                {.name = "--packages",
                 .value = "FILE",
                 .help =
                     "A file of package settings in the format of Spack's packages.yaml; overrides the configured ones",
                 .rank = 6});
    }
};

} // namespace sf::site
