#include "site/site.hpp"

#include "site/layers.hpp"
#include "site/mirrors.hpp"
#include "site/reference.hpp"

#include "util/fs.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace sf::site {
namespace {

constexpr std::string_view default_root_name = ".slurm-factory";

util::Result<std::filesystem::path> make_absolute(const std::filesystem::path& path)
{
    std::error_code error;
    auto result = std::filesystem::absolute(path, error).lexically_normal();
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot make {} an absolute path", path.string()));
    return result.has_filename() ? result : result.parent_path();
}

/// A variable that is set to nothing counts as unset.
std::optional<std::string> lookup(const Environment& environment, const std::string& name)
{
    auto value = environment(name);
    if (value && value->empty())
        return std::nullopt;
    return value;
}

util::Status find_root(Site& site, const Overrides& overrides, const Environment& environment)
{
    if (overrides.root) {
        SF_TRY(site.root, make_absolute(*overrides.root));
        site.origins["root"] = "--root";
    } else if (const auto root = lookup(environment, "SLURM_FACTORY_ROOT")) {
        SF_TRY(site.root, make_absolute(*root));
        site.origins["root"] = "environment";
    } else if (const auto home = lookup(environment, "HOME")) {
        SF_TRY(site.root, make_absolute(std::filesystem::path(*home) / default_root_name));
        site.origins["root"] = "default";
    } else {
        return util::fail(util::ErrorCode::usage,
                          "HOME is not set, so there is no place for the files of slurm-factory",
                          util::Reason::no_home);
    }
    return {};
}

void set_defaults(Site& site, const std::filesystem::path& data_directory)
{
    site.output = site.root / "builds";
    site.recipe_directories = {data_directory / "recipes"};
    if (util::path_exists(site.own_recipes()))
        site.recipe_directories.push_back(site.own_recipes());
    site.image_directories = {data_directory / "images"};
    site.floor_directory = data_directory / "floor";
    for (const auto& key : keys())
        site.origins[key.name] = "default";
}

util::Result<unsigned> parse_jobs(const std::string& text)
{
    unsigned jobs = 0;
    const char* end = text.data() + text.size();
    const auto converted = std::from_chars(text.data(), end, jobs);
    if (converted.ec != std::errc{} || converted.ptr != end || jobs > max_jobs)
        return util::fail(util::ErrorCode::usage,
                          fmt::format("SLURM_FACTORY_JOBS must be a whole number up to {}, not '{}'", max_jobs, text),
                          "0 means one job per core");
    return jobs;
}

/// The flag of a variable, when that is set.
util::Status read_flag(Site& site, const Environment& environment, const std::string& name, const char* key, bool& out)
{
    const auto text = lookup(environment, name);
    if (!text)
        return {};
    const bool on = text == "1" || text == "true" || text == "yes";
    if (!on && text != "0" && text != "false" && text != "no")
        return util::fail(util::ErrorCode::usage, fmt::format("{} must be 1 or 0, not '{}'", name, *text));
    out = on;
    site.origins[key] = "environment";
    return {};
}

/// The value of a variable that has a grammar of its own, when it is set.
template <typename T>
util::Status read_parsed(Site& site, const Environment& environment, const std::string& name, const char* key,
                         spec::Parsed<T> (*parse)(const std::string&), T& out)
{
    const auto text = lookup(environment, name);
    if (!text)
        return {};
    auto parsed = parse(*text);
    if (!parsed)
        return parsed.error().to_error(name, *text);
    out = std::move(*parsed);
    site.origins[key] = "environment";
    return {};
}

util::Status read_slurm_defaults(Site& site, const Environment& environment)
{
    SF_CHECK(read_parsed(site, environment, "SLURM_FACTORY_SLURM_VERSION", "slurm.version", parse_slurm_version,
                         site.slurm.version));
    SF_CHECK(read_parsed(site, environment, "SLURM_FACTORY_VARIANTS", "slurm.variants", parse_variants,
                         site.slurm.variants));
    SF_CHECK(read_flag(site, environment, "SLURM_FACTORY_GPU", "slurm.gpu", site.slurm.gpu));
    SF_CHECK(read_flag(site, environment, "SLURM_FACTORY_MINIMAL", "slurm.minimal", site.slurm.minimal));
    if (auto target = lookup(environment, "SLURM_FACTORY_TARGET")) {
        site.slurm.target = std::move(*target);
        site.origins["slurm.target"] = "environment";
    }
    if (const auto level = lookup(environment, "SLURM_FACTORY_HARDENING")) {
        auto parsed = spec::parse_hardening_level(*level);
        if (!parsed)
            return util::fail(std::move(parsed).error(), "reading SLURM_FACTORY_HARDENING");
        site.hardening = *parsed;
        site.origins["hardening"] = "environment";
    }
    if (const auto text = lookup(environment, "SLURM_FACTORY_GLIBC")) {
        auto floor = spec::Floor::parse(*text);
        if (!floor)
            return util::fail(std::move(floor).error(), "reading SLURM_FACTORY_GLIBC");
        site.floor = *floor;
        site.origins["glibc"] = "environment";
    }
    return {};
}

/// The words of a list in a variable: separated by spaces or commas, as a colon is part of every URL.
std::vector<std::string> list_words(const std::string& text)
{
    std::vector<std::string> words = util::split(util::replace_all(text, ",", " "), ' ');
    words.erase(std::remove(words.begin(), words.end(), std::string()), words.end());
    return words;
}

/// Packages files that were named, over those that lie in their places.
template <typename Path>
util::Status add_packages_files(Site& site, const std::vector<Path>& files, const Origin& origin,
                                std::string_view given_by)
{
    for (const auto& file : files) {
        auto added = apply_packages_file(site, file);
        if (!added)
            return util::fail(std::move(added).error(), fmt::format("reading the file that {} names", given_by));
        site.origins["packages"] = origin;
    }
    return {};
}

/// Puts places before those of lower layers, in the order given; whether there are any.
template <typename Parse>
util::Result<bool> prepend_places(std::vector<std::string>& all, const std::vector<std::string>& texts, Parse parse,
                                  const Origin& origin)
{
    SF_TRY(const auto here, make_absolute("."));
    std::vector<std::string> places;
    for (const auto& text : texts) {
        auto place = parse(text, here);
        if (!place)
            return util::fail(util::ErrorCode::usage, fmt::format("{}: {}", origin, place.error()));
        places.push_back(std::move(*place));
    }
    all.insert(all.begin(), places.begin(), places.end());
    return !places.empty();
}

util::Status prepend_mirrors(Site& site, const std::vector<std::string>& texts, const Origin& origin)
{
    SF_TRY(const bool any, prepend_places(site.network.mirrors, texts, parse_mirror, origin));
    if (any)
        site.origins["network.mirrors"] = origin;
    return {};
}

util::Status prepend_remotes(Site& site, const std::vector<std::string>& texts, const Origin& origin)
{
    SF_TRY(const bool any, prepend_places(site.cache.remotes, texts, parse_remote, origin));
    if (any)
        site.origins["cache.remotes"] = origin;
    return {};
}

template <typename From, typename To>
void override_value(Site& site, const std::optional<From>& from, To& to, const char* key, const char* option)
{
    if (!from)
        return;
    to = To(*from);
    site.origins[key] = option;
}

util::Status check_range(const std::optional<unsigned>& value, unsigned min, unsigned max, std::string_view option)
{
    if (value && (*value < min || *value > max))
        return util::fail(util::ErrorCode::usage,
                          fmt::format("{} must be between {} and {}, not {}", option, min, max, *value));
    return {};
}

} // namespace

namespace {

/// Cores this process may run on.
unsigned usable_cores()
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (::sched_getaffinity(0, sizeof(cores), &cores) == 0)
        return static_cast<unsigned>(CPU_COUNT(&cores));
    return std::max(1U, std::thread::hardware_concurrency()); // more cores than a cpu_set_t holds
}

/// Those of `mirror add` come after the configured ones.
util::Status append_mirrors(Site& site)
{
    SF_TRY(const auto mirrors, load_mirrors(site.mirrors_file()));
    for (const auto& mirror : mirrors) {
        site.network.mirrors.push_back(mirror.place);
        site.origins["network.mirrors"] = "mirrors.yaml";
        if (!mirror.packages)
            continue;
        site.cache.remotes.push_back(mirror_packages(mirror.place));
        site.origins["cache.remotes"] = "mirrors.yaml";
    }
    return {};
}

} // namespace

unsigned Site::effective_jobs() const
{
    if (limits.jobs != 0)
        return limits.jobs;
    const auto affordable = effective_memory_bytes() / std::max<std::uint64_t>(limits.job_memory_bytes, 1);
    return static_cast<unsigned>(std::clamp<std::uint64_t>(affordable, 1, usable_cores()));
}

std::uint64_t Site::effective_memory_bytes() const
{
    if (limits.memory_bytes != 0)
        return limits.memory_bytes;
    const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
    const auto page_size = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
    return pages / 4 * 3 * page_size;
}

Environment process_environment()
{
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

util::Status apply_environment(Site& site, const Environment& environment)
{
    if (const auto jobs = lookup(environment, "SLURM_FACTORY_JOBS")) {
        SF_TRY(site.limits.jobs, parse_jobs(*jobs));
        site.origins["limits.jobs"] = "environment";
    }
    SF_CHECK(read_flag(site, environment, "SLURM_FACTORY_OFFLINE", "network.offline", site.network.offline));
    if (const auto mirrors = lookup(environment, "SLURM_FACTORY_MIRRORS"))
        SF_CHECK(prepend_mirrors(site, list_words(*mirrors), "environment"));
    if (const auto remotes = lookup(environment, "SLURM_FACTORY_CACHES"))
        SF_CHECK(prepend_remotes(site, list_words(*remotes), "environment"));
    SF_CHECK(read_slurm_defaults(site, environment));
    SF_CHECK(read_flag(site, environment, "SLURM_FACTORY_REUSE", "solver.reuse", site.reuse));
    if (const auto files = lookup(environment, "SLURM_FACTORY_PACKAGES"))
        SF_CHECK(add_packages_files(site, list_words(*files), "environment", "SLURM_FACTORY_PACKAGES"));
    return {};
}

/// Directories given as options come after the configured ones.
util::Status append_overrides(Site& site, const std::vector<std::filesystem::path>& given,
                              std::vector<std::filesystem::path>& directories, const std::string& key)
{
    for (const auto& directory : given) {
        SF_TRY(auto path, make_absolute(directory));
        directories.push_back(std::move(path));
        site.origins[key] = "--" + key;
    }
    return {};
}

util::Status apply_overrides(Site& site, const Overrides& overrides)
{
    SF_CHECK(check_range(overrides.jobs, 1, max_jobs, "--jobs"));
    SF_CHECK(check_range(overrides.retries, 0, max_retries, "--retries"));
    SF_CHECK(check_range(overrides.connect_timeout_seconds, 1, max_timeout_seconds, "--connect-timeout"));
    if (overrides.output) {
        SF_TRY(site.output, make_absolute(*overrides.output));
        site.origins["output"] = "--output";
    }
    SF_CHECK(append_overrides(site, overrides.recipe_directories, site.recipe_directories, "recipes"));
    SF_CHECK(append_overrides(site, overrides.image_directories, site.image_directories, "images"));
    SF_CHECK(prepend_mirrors(site, overrides.mirrors, "--mirror"));
    SF_CHECK(prepend_remotes(site, overrides.remotes, "--cache"));
    SF_CHECK(add_packages_files(site, overrides.package_files, "--packages", "--packages"));
    override_value(site, overrides.offline, site.network.offline, "network.offline", "--offline");
    override_value(site, overrides.jobs, site.limits.jobs, "limits.jobs", "--jobs");
    override_value(site, overrides.retries, site.network.retries, "network.retries", "--retries");
    override_value(site, overrides.connect_timeout_seconds, site.network.connect_timeout, "network.connect-timeout",
                   "--connect-timeout");
    override_value(site, overrides.image, site.image, "image", "--image");
    if (overrides.backend) {
        if (const auto fault = backend_fault(*overrides.backend); !fault.empty())
            return util::fail(util::ErrorCode::usage, "--backend: " + fault, known_backends);
    }
    override_value(site, overrides.backend, site.backend, "backend", "--backend");
    if (overrides.runtime) {
        if (const auto fault = runtime_fault(*overrides.runtime); !fault.empty())
            return util::fail(util::ErrorCode::usage, "--runtime: " + fault, "runtimes: crun, runc");
    }
    override_value(site, overrides.runtime, site.runtime, "runtime", "--runtime");
    return {};
}

util::Status check_file(const std::filesystem::path& file)
{
    SF_TRY(const auto path, make_absolute(file));
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return util::fail(util::ErrorCode::usage, fmt::format("there is no file {}", path.string()));
    Site scratch;
    return apply_file(scratch, path, lookup(process_environment(), "HOME"));
}

util::Result<Site> load_site(const Overrides& overrides, const std::filesystem::path& data_directory,
                             const std::filesystem::path& system_config, const Environment& environment)
{
    Site site;
    SF_CHECK(find_root(site, overrides, environment));
    set_defaults(site, data_directory);
    const auto home = lookup(environment, "HOME");
    SF_CHECK(apply_file(site, system_config, home));
    SF_CHECK(apply_file(site, site.root / "config.yaml", home));
    SF_CHECK(append_mirrors(site));
    SF_CHECK(apply_environment(site, environment));
    SF_CHECK(apply_overrides(site, overrides));
    return site;
}

} // namespace sf::site
