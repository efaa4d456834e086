#include "site/reference.hpp"

#include "http/url.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace sf::site {
namespace {

std::string flag(bool value)
{
    return value ? "true" : "false";
}

/// In the largest unit that divides it.
std::string size(std::uint64_t bytes)
{
    static constexpr std::array<std::pair<const char*, unsigned>, 4> units = {
        {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};
    for (const auto& [unit, shift] : units)
        if (bytes != 0 && bytes % (1ULL << shift) == 0)
            return fmt::format("{}{}", bytes >> shift, unit);
    return std::to_string(bytes);
}

std::string paths(const std::vector<std::filesystem::path>& all)
{
    std::vector<std::string> texts;
    texts.reserve(all.size());
    for (const auto& path : all)
        texts.push_back(path.string());
    return util::join(texts, ", ");
}

/// Without the passwords of addresses.
std::string places(const std::vector<std::string>& all)
{
    std::vector<std::string> texts;
    texts.reserve(all.size());
    for (const auto& place : all)
        texts.push_back(http::without_password(place));
    return util::join(texts, ", ");
}

std::string variables(const std::map<std::string, std::string>& all)
{
    std::vector<std::string> texts;
    texts.reserve(all.size());
    for (const auto& [name, value] : all)
        texts.push_back(fmt::format("{}={}", name, value));
    return util::join(texts, ", ");
}

std::string variants(const spec::VariantValues& values)
{
    spec::Spec spec;
    spec.variants = values;
    return spec.to_string();
}

/// Whose settings there are.
std::string packages(const preference::Preferences& preferences)
{
    std::vector<std::string> names;
    for (const auto& [name, package] : preferences.packages)
        names.push_back(name);
    return util::join(names, ", ");
}

std::vector<Key> general_keys()
{
    return {
        {"output", "path", "`ROOT/builds`", "Where finished tarballs and their companions go.",
         [](const Site& s) { return s.output.string(); }},
        {"image", "name", "that of the host's suite", "The base image to build in.",
         [](const Site& s) { return s.image; }},
        {"backend", "`oci`, `lxd`, `host`", "the first of `oci` and `lxd` that works",
         "How builds are isolated ([Sandbox](sandbox.md#backends)).", [](const Site& s) { return s.backend; }},
        {"runtime", "`crun`, `runc`", "the first installed", "The program that runs the sandboxes.",
         [](const Site& s) { return s.runtime; }},
        {"recipes", "list of paths", "",
         "Directories of [recipes](recipes.md) that add to or replace the built-in ones.",
         [](const Site& s) { return paths(s.recipe_directories); }},
        {"images", "list of paths", "", "The same for recipes of base images.",
         [](const Site& s) { return paths(s.image_directories); }},
        {"network.offline", "`true`/`false`", "`false`",
         "Never touch the network: what is in neither the source cache nor a mirror directory is an error, before "
         "anything is built.",
         [](const Site& s) { return flag(s.network.offline); }, "SLURM_FACTORY_OFFLINE"},
        {"network.retries", "0-100", "3", "Further tries of one place after a failed transfer.",
         [](const Site& s) { return std::to_string(s.network.retries); }},
        {"network.connect-timeout", "seconds, 1-86400", "10", "How long to wait for a connection.",
         [](const Site& s) { return std::to_string(s.network.connect_timeout.count()); }},
        {"network.stall-timeout", "seconds, 1-86400", "30", "Give up on a transfer that moves no byte for so long.",
         [](const Site& s) { return std::to_string(s.network.stall_timeout.count()); }},
        {"network.parallel-downloads", "1-64", "4", "Transfers at a time.",
         [](const Site& s) { return std::to_string(s.network.parallel_downloads); }},
        {"network.mirrors", "list", "",
         "Directories, `file://` or `http(s)://` addresses, tried before a source's own places.",
         [](const Site& s) { return places(s.network.mirrors); }, "SLURM_FACTORY_MIRRORS"},
        {"network.apt", "`true`/`false`", "`true`", "Whether the distribution's source archive may be used.",
         [](const Site& s) { return flag(s.network.use_apt); }},
        {"limits.jobs", "0-4096", "0", "Parallel jobs of the whole run; 0: one for each core this process may use.",
         [](const Site& s) { return std::to_string(s.limits.jobs); }, "SLURM_FACTORY_JOBS"},
        {"limits.memory", "size", "0", "Memory of one sandbox; 0: three quarters of the machine's.",
         [](const Site& s) { return size(s.limits.memory_bytes); }},
        {"limits.pids", "64-4194304", "4096", "Processes and threads of one sandbox.",
         [](const Site& s) { return std::to_string(s.limits.pids); }},
        {"limits.job-memory", "size", "2GiB",
         "Memory to reckon with for each parallel job: without `limits.jobs` there are as many jobs as cores, and no "
         "more than `limits.memory` has room for.",
         [](const Site& s) { return size(s.limits.job_memory_bytes); }},
        {"limits.nice", "0-19", "0", "Niceness of builds, as with `nice`.",
         [](const Site& s) { return std::to_string(s.limits.nice); }},
        {"limits.io", "`normal`, `idle`", "`normal`",
         "`idle`: builds read and write only when nobody else does, as with `ionice -c idle`.",
         [](const Site& s) { return std::string(s.limits.idle_io ? "idle" : "normal"); }},
        {"limits.log", "size", "256MiB",
         "How long one package's log may become: what follows is left out, but for its last 64 KiB; 0: no bound.",
         [](const Site& s) { return size(s.limits.log_bytes); }},
    };
}

std::vector<Key> keys_of_levers_and_caches()
{
    return {
        {"levers.tmpfs-stage", "`true`/`false`", "`true`", "Build in memory where there is enough of it.",
         [](const Site& s) { return flag(s.levers.tmpfs_stage); }},
        {"levers.mold", "`true`/`false`", "`true`", "Link with mold where the base image has it.",
         [](const Site& s) { return flag(s.levers.mold); }},
        {"levers.configure-cache", "`true`/`false`", "`true`",
         "Let configure scripts take what the base image knows already ([Configure "
         "cache](sandbox.md#configure-cache)).",
         [](const Site& s) { return flag(s.levers.configure_cache); }},
        {"levers.ccache", "`true`/`false`", "`true`",
         "Keep compiled objects in `ROOT/cache/ccache`, for each package apart, where the base image has ccache.",
         [](const Site& s) { return flag(s.levers.ccache); }},
        {"compiler.directory", "path", "`ROOT/cache/ccache`",
         "Directory of the compiler caches, with `levers.ccache`: each package has its own, `packages/NAME`.",
         [](const Site& s) { return s.ccache_directory().string(); }},
        {"compiler.remote", "directory or URL", "",
         "Storage that several machines share behind it: a directory, `packages/NAME` in it for each package, or a URL "
         "as "
         "[ccache](https://ccache.dev/manual/latest.html#_remote_storage_backends) has them (`http://`, `redis://`), "
         "where packages are [not apart](sandbox.md#what-a-hostile-recipe-can-do).",
         [](const Site& s) { return s.compiler.remote; }},
        {"compiler.prefix", "name", "",
         "What compilations are run through that ccache does not know: `distcc`, `icecc`. The base image must have it.",
         [](const Site& s) { return s.compiler.prefix; }},
        {"compiler.variables", "mapping", "",
         R"(Variables for them: `DISTCC_HOSTS: "10.0.0.5 10.0.0.6"`; only `CCACHE_*`, `DISTCC_*` and `ICECC_*`.)",
         [](const Site& s) { return variables(s.compiler.variables); }},
        {"cache.layers", "size", "0", "What `gc` leaves of built packages, unless kept builds need more; 0: no bound.",
         [](const Site& s) { return size(s.cache.layers_bytes); }},
        {"cache.sources", "size", "0", "The same for archives of sources.",
         [](const Site& s) { return size(s.cache.sources_bytes); }},
        {"cache.compiler", "size", "5GiB",
         "What a build and `gc` leave of the compiler caches of all packages together; 0: no bound.",
         [](const Site& s) { return size(s.cache.compiler_bytes); }},
        {"cache.images", "size", "0",
         "What `gc` leaves of base images, unless kept builds need more or more was imported; 0: no bound.",
         [](const Site& s) { return size(s.cache.images_bytes); }},
        {"cache.logs", "size", "0", "What `gc` leaves of logs; 0: no bound.",
         [](const Site& s) { return size(s.cache.logs_bytes); }},
        {"cache.keep-days", "0-36500", "30",
         "`gc` removes what no kept build needs when it was not used for so many days.",
         [](const Site& s) { return std::to_string(s.cache.keep_days); }},
        {"cache.remotes", "list", "",
         "[Binary caches](cache.md) to take packages from: directories, `file://`, `http(s)://` or `oci://` addresses. "
         "The first that has a package is taken.",
         [](const Site& s) { return places(s.cache.remotes); }, "SLURM_FACTORY_CACHES"},
        {"cache.only-signed", "`true`/`false`", "`true`",
         "Take from them only what a key of the ring (`ROOT/keys`) has signed.",
         [](const Site& s) { return flag(s.cache.only_signed); }},
        {"cache.compression", "`gzip`, `zstd`", "`gzip`",
         "What `cache push` [compresses](cache.md#entry) the layers of packages with.",
         [](const Site& s) { return std::string(s.cache.zstd ? "zstd" : "gzip"); }},
        {"cache.signing-key", "path", "", "The secret key that `cache push` signs with.",
         [](const Site& s) { return s.cache.signing_key.string(); }},
        {"deploy.only-signed", "`true`/`false`", "`false`",
         "`deploy` takes only tarballs that a key of the ring (`ROOT/keys`) has signed. One with a wrong signature, or "
         "one by another key, is never taken.",
         [](const Site& s) { return flag(s.deploy.only_signed); }},
        {"audit.advisories", "list", "",
         "Where [`audit`](audit.md) takes advisories from, beside those that ship with the tool: files, directories, "
         "`http(s)://` addresses.",
         [](const Site& s) { return places(s.audit.advisories); }},
        {"audit.oldest", "days, 1-36500", "30",
         "Advisories that are older draw a warning; downloaded ones are refused when the server does not answer.",
         [](const Site& s) { return std::to_string(s.audit.oldest_days); }},
        {"slurm.version", "version", "",
         "The Slurm to build if the command names none: a series (`24.11`) or an exact version (`24.11.5`). Without "
         "this "
         "setting, the newest supported series whose source the tool can get.",
         [](const Site& s) { return s.slurm.version; }, "SLURM_FACTORY_SLURM_VERSION"},
        {"slurm.variants", "variants", "", "Values over the recipe's defaults: `+kafka ~hdf5`.",
         [](const Site& s) { return variants(s.slurm.variants); }, "SLURM_FACTORY_VARIANTS"},
        {"slurm.gpu", "`true`/`false`", "`false`", "Build with support for GPUs.",
         [](const Site& s) { return flag(s.slurm.gpu); }, "SLURM_FACTORY_GPU"},
        {"slurm.minimal", "`true`/`false`", "`false`", "Build the daemons, the commands and the core plugins only.",
         [](const Site& s) { return flag(s.slurm.minimal); }, "SLURM_FACTORY_MINIMAL"},
        {"slurm.target", "name", "", "The processor to build for.", [](const Site& s) { return s.slurm.target; },
         "SLURM_FACTORY_TARGET"},
        {"hardening", "`none`, `default`, `strict`", "`default`",
         "The [protections](hardening.md) against attacks on memory that packages are built with.",
         [](const Site& s) { return std::string(spec::to_string(s.hardening)); }, "SLURM_FACTORY_HARDENING"},
        {"glibc", "`2.17`, `2.28`, `2.31`, `host`", "`2.28`",
         "The [oldest glibc](glibc.md) that what is built runs on; `host` is the base image's own.",
         [](const Site& s) { return s.floor.to_string(); }, "SLURM_FACTORY_GLIBC"},
        {"solver.reuse", "`true`/`false`", "`true`", "Prefer what the store has over what would be newer.",
         [](const Site& s) { return flag(s.reuse); }, "SLURM_FACTORY_REUSE"},
        {"packages", "mapping", "", "What is wanted of single packages; see [package settings](packages.md).",
         [](const Site& s) { return packages(s.packages); }, "SLURM_FACTORY_PACKAGES"},
    };
}

} // namespace

const std::vector<Key>& keys()
{
    static const std::vector<Key> all = [] {
        auto keys = general_keys();
        auto more = keys_of_levers_and_caches();
        std::move(more.begin(), more.end(), std::back_inserter(keys));
        return keys;
    }();
    return all;
}

std::string reference()
{
    std::string text = "| key | type | default | environment | meaning |\n|---|---|---|---|---|\n";
    for (const auto& key : keys()) {
        const auto cell = [](const std::string& content) { return content.empty() ? " |" : " " + content + " |"; };
        const std::string variable = key.variable;
        text += fmt::format("|{}{}{}{}{}\n", cell(fmt::format("`{}`", key.name)), cell(key.type), cell(key.standard),
                            cell(variable.empty() ? variable : fmt::format("`{}`", variable)), cell(key.meaning));
    }
    return text;
}

} // namespace sf::site
