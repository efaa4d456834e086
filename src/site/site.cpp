#include "site/site.hpp"

#include "site/layers.hpp"
#include "site/mirrors.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace sf::site {
namespace {

constexpr std::string_view default_root_name = ".slurm-factory";

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

util::Status set_defaults(Site& site, const std::filesystem::path& data_directory)
{
    site.recipe_directories = {data_directory / "recipes"};
    if (util::path_exists(site.own_recipes()))
        site.recipe_directories.push_back(site.own_recipes());
    site.image_directories = {data_directory / "images"};
    site.floor_directory = data_directory / "floor";
    for (const auto& setting : settings()) {
        if (*setting.usual_path != '\0')
            SF_CHECK(setting.kind->take(site, {(site.root / setting.usual_path).string()}, {}));
        site.origins[setting.key] = "default";
    }
    return {};
}

/// The words of a list in a variable: separated by spaces or commas, as a colon is part of every URL.
Words list_words(const std::string& text)
{
    auto words = util::split(util::replace_all(text, ",", " "), ' ');
    words.erase(std::remove(words.begin(), words.end(), std::string()), words.end());
    return words;
}

util::Status take(Site& site, const Setting& setting, const Words& words, const Giver& giver)
{
    if (words.empty())
        return {};
    SF_CHECK(setting.kind->take(site, words, giver));
    site.origins[setting.key] = origin_of(giver);
    return {};
}

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
    for (const auto& setting : settings()) {
        if (*setting.variable == '\0')
            continue;
        if (const auto text = lookup(environment, setting.variable))
            SF_CHECK(take(site, setting, setting.kind->form == Kind::Form::list ? list_words(*text) : Words{*text},
                          {.name = setting.variable}));
    }
    return {};
}

util::Status apply_overrides(Site& site, const Overrides& overrides)
{
    for (const auto& setting : settings()) {
        const auto given = overrides.given.find(setting.key);
        if (setting.command_option && given != overrides.given.end())
            SF_CHECK(take(site, setting, given->second,
                          {.name = setting.command_option->name, .option = &*setting.command_option}));
    }
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
    SF_CHECK(set_defaults(site, data_directory));
    const auto home = lookup(environment, "HOME");
    SF_CHECK(apply_file(site, system_config, home));
    SF_CHECK(apply_file(site, site.root / "config.yaml", home));
    SF_CHECK(append_mirrors(site));
    SF_CHECK(apply_environment(site, environment));
    SF_CHECK(apply_overrides(site, overrides));
    return site;
}

} // namespace sf::site
