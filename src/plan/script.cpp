#include "plan/script.hpp"

#include "plan/apply.sh.hpp"
#include "plan/specs.sh.hpp"
#include "util/fill_in.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::plan {
namespace {

using recipe::BuildSystem;
using recipe::Phase;

/// SOURCE_DATE_EPOCH of every build; the store gives files the same time.
constexpr const char* build_epoch = "1577836800";

std::string source_directory(const std::string& package)
{
    return fmt::format("{}/{}", build_directory, package);
}

std::string fill(std::string text, const spec::Version& version)
{
    text = util::replace_all(std::move(text), "{prefix}", prefix);
    return util::replace_all(std::move(text), "{version}", version.to_string());
}

/// The arguments whose conditions hold, each on a line of its own so that keys and logs can be read.
std::string arguments(const std::vector<recipe::Arguments>& all, const spec::Version& version,
                      const spec::VariantValues& variants)
{
    std::string text;
    for (const auto& group : all) {
        if (!group.condition.holds(version, variants))
            continue;
        for (const auto& argument : group.values) {
            // {jobs} stays a shell variable: the number of jobs must not be part of the key.
            auto word = util::shell_quote(fill(argument, version));
            text += " \\\n    " + util::replace_all(std::move(word), "{jobs}", "'\"$JOBS\"'");
        }
    }
    return text;
}

std::string default_configure(BuildSystem system, const std::string& given)
{
    switch (system) {
    case BuildSystem::autotools:
        return fmt::format("./configure \\\n    --prefix={0} \\\n    --libdir={0}/lib \\\n    --disable-static \\\n"
                           "    --disable-dependency-tracking{1}",
                           prefix, given);
    case BuildSystem::cmake:
        return fmt::format(
            "cmake -S . -B _build \\\n    -DCMAKE_INSTALL_PREFIX={} \\\n    -DCMAKE_INSTALL_LIBDIR=lib \\\n"
            "    -DCMAKE_BUILD_TYPE=Release \\\n    -DBUILD_SHARED_LIBS=ON{}",
            prefix, given);
    case BuildSystem::make:
    case BuildSystem::custom:
        return {};
    }
    return {};
}

std::string default_phase(const recipe::Recipe& recipe, Phase phase, const spec::Version& version,
                          const spec::VariantValues& variants)
{
    const auto& build = recipe.build;
    const std::string make = build.system == BuildSystem::cmake ? "make -C _build" : "make";
    switch (phase) {
    case Phase::configure:
        return default_configure(build.system, arguments(build.configure, version, variants));
    case Phase::build:
        return build.system == BuildSystem::custom ? "" : make + arguments(build.make, version, variants);
    case Phase::install: {
        if (build.system == BuildSystem::custom)
            return {};
        const auto given = arguments(build.install, version, variants);
        return make + (given.empty() ? " install" : given);
    }
    case Phase::unpack:
    case Phase::prepare:
    case Phase::finish:
        return {};
    }
    return {};
}

/// Only the named files are unpacked: the rest of the archive is none of the build's business.
std::string unpack_patches(const recipe::PatchSet& set, std::size_t number, const std::string& directory)
{
    const auto series = fmt::format("{}.patches-{}", directory, number);
    auto text = fmt::format("mkdir -p {0}\ntar -x -f {1} --no-same-owner -C {0}", series, patch_archive(number));
    for (const auto& patch : set.series)
        text += " \\\n    " + util::shell_quote("debian/patches/" + patch.file);
    text += "\n";
    for (const auto& patch : set.series)
        // Half a fix that fits somewhere is worse than none.
        text += fmt::format("apply {} {} -p1 --fuzz=0\n", util::shell_quote(patch.file + " of " + set.to_string()),
                            util::shell_quote(series + "/debian/patches/" + patch.file));
    return text;
}

std::string apply_patches(const Step& step, const std::string& directory)
{
    std::string text;
    for (std::size_t number = 0; number < step.patch_sets.size(); ++number)
        text += unpack_patches(step.patch_sets[number], number, directory);
    for (const auto& patch : step.recipe->patches) {
        const auto name = patch.file.lexically_relative(step.recipe->directory).string();
        if (patch.condition.holds(step.version, step.variants))
            text += fmt::format("apply {} {} -p{}\n", util::shell_quote(name),
                                util::shell_quote(fmt::format("{}/{}", recipe_directory, name)), patch.strip);
    }
    if (text.empty())
        return text;
    // `apply NAME FILE OPTION...`: a patch that does not fit ends the build, after its rejected hunks were shown.
    return util::fill_in(apply_sh(), {{"directory", directory}, {"package", step.id()}}) + text;
}

std::string unpack(const Step& step)
{
    const auto directory = source_directory(step.name);
    auto text = fmt::format("mkdir -p {}\n", directory);
    if (step.local && step.local->directory)
        text += fmt::format("cp -R {}/tree/. {}/\n", sources_directory, directory);
    else if (step.local || step.needs_archive())
        text += fmt::format("tar -x -f {}/archive --strip-components=1 --no-same-owner -C {}\n", sources_directory,
                            directory);
    return text + apply_patches(step, directory);
}

std::string working_directory(const Step& step, Phase phase)
{
    if (phase == Phase::unpack)
        return build_directory;
    auto directory = source_directory(step.name);
    if (!step.recipe->build.directory.empty())
        directory += "/" + step.recipe->build.directory;
    return directory;
}

std::string exports(const std::map<std::string, std::string>& environment)
{
    std::string text;
    for (const auto& [name, value] : environment)
        text += fmt::format("export {}={}\n", name, util::shell_quote(value));
    return text;
}

/// Base images have an empty directory where sandboxes show the recipe; a link would land inside of it.
std::string link_archive(const std::vector<recipe::Source>& alternatives, const std::string& place)
{
    std::vector<std::string> files;
    for (const auto& source : alternatives) {
        auto file = fmt::format("\"$sources\"/{}/*", source.sha256.to_hex());
        if (std::find(files.begin(), files.end(), file) == files.end())
            files.push_back(std::move(file));
    }
    return fmt::format("for archive in {}; do [ -f \"$archive\" ] && break; done\nln -sfn \"$archive\" {}\n",
                       util::join(files, " "), place);
}

/// A file of specs takes the place of all those that gcc has built in, so it begins with them. It lies where only a gcc
/// of that version looks.
std::string write_specs(const Step& step)
{
    return step.compiler_specs.empty() ? std::string()
                                       : util::fill_in(specs_sh(), {{"directory", compiler_directory},
                                                                    {"file", added_specs},
                                                                    {"specs", step.compiler_specs}});
}

} // namespace

std::vector<PhaseScript> make_phases(const Step& step)
{
    const auto& build = step.recipe->build;
    std::vector<PhaseScript> phases = {{Phase::unpack, unpack(step)}};
    for (const auto phase : {Phase::prepare, Phase::configure, Phase::build, Phase::install, Phase::finish}) {
        const auto own = build.steps.find(phase);
        auto text =
            own != build.steps.end() ? own->second : default_phase(*step.recipe, phase, step.version, step.variants);
        // A step of the recipe's own may want the conditional arguments of its phase.
        if (own != build.steps.end() && phase == Phase::configure)
            text = fmt::format("set --{}\n{}", arguments(build.configure, step.version, step.variants), text);
        if (!util::trim(text).empty())
            phases.push_back({phase, std::move(text)});
    }
    return phases;
}

std::map<std::string, std::string> make_environment(const recipe::Recipe& recipe, const spec::Version& version,
                                                    const std::vector<Flags>& added)
{
    const std::string optimise = fmt::format("-O2 -pipe -ffile-prefix-map={}/=", build_directory);
    std::map<std::string, std::string> environment = {
        {"PREFIX", prefix},
        {"VERSION", version.to_string()},
        {"SOURCE", source_directory(recipe.name)},
        {"RECIPE", recipe_directory},
        {"CC", "gcc"},
        {"CXX", "g++"},
        {"CFLAGS", optimise},
        {"CXXFLAGS", optimise},
        {"CPPFLAGS", fmt::format("-I{}/include", prefix)},
        // The run path is longer than any $ORIGIN-relative one, so that it can be rewritten in place afterwards.
        {"LDFLAGS", fmt::format("-L{0}/lib -Wl,-rpath,{0}/lib -Wl,--enable-new-dtags", prefix)},
        {"PKG_CONFIG_PATH", fmt::format("{}/lib/pkgconfig", prefix)},
        {"PATH", fmt::format("/usr/sbin:/usr/bin:/sbin:/bin:{}/bin", prefix)},
        {"HOME", build_directory},
        {"LC_ALL", "C"},
        {"TZ", "UTC"},
        {"SOURCE_DATE_EPOCH", build_epoch},
    };
    for (const auto& [name, value] : recipe.build.environment)
        environment[name] = fill(value, version);
    // Behind what a recipe may have put in place of the usual flags: they reach every package.
    for (const auto& flags : added)
        for (const auto& [name, text] : flags) {
            auto& value = environment[name];
            value += (value.empty() || text.empty() ? "" : " ") + text;
        }
    return environment;
}

std::string step_script(const Step& step, const std::string& marks, const std::string& compilers)
{
    std::string text = "set -eu\numask 022\n";
    if (!marks.empty())
        text += fmt::format("mark() {{ read -r up _ < /proc/uptime; echo \"$1 $up\" >> {}; }}\n", marks);
    text += write_specs(step);
    for (const auto& phase : step.phases) {
        if (!marks.empty())
            text += fmt::format("mark {}\n", recipe::to_string(phase.phase));
        const bool compiles = phase.phase == Phase::build && !compilers.empty();
        text +=
            fmt::format("echo '==> {}: {}'\ncd {}\n(\n{}{}\n)\n", step.id(), recipe::to_string(phase.phase),
                        working_directory(step, phase.phase),
                        compiles ? fmt::format("PATH={}:$PATH\n", compilers) : std::string(), util::trim(phase.text));
    }
    if (!marks.empty())
        text += "mark end\n";
    return text;
}

util::Result<std::string> plain_script(const Plan& plan)
{
    std::string text = "#!/bin/sh\n"
                       "# Serial build of one plan: configure, make -jN, make install, one package after the other.\n"
                       "# Usage, as root inside the base image: JOBS=N sh SCRIPT SOURCE_CACHE RECIPES\n"
                       "set -eu\numask 022\nsources=$1\nrecipes=$2\n"
                       "JOBS=${JOBS:-$(nproc)}\nexport JOBS\nexport MAKEFLAGS=-j$JOBS\n";
    text += fmt::format("mkdir -p {} {} {}\n", prefix, build_directory, sources_directory);
    for (const auto& step : plan.steps) {
        if (step.local)
            return util::fail(
                util::ErrorCode::usage,
                fmt::format("{} comes from --source, but the plain script builds only recipes' sources", step.name));
        text += fmt::format("\n# ---- {}\n(\n{}", step.id(), exports(step.environment));
        if (step.needs_archive())
            text += link_archive(step.sources, fmt::format("{}/archive", sources_directory));
        for (std::size_t number = 0; number < step.patch_sets.size(); ++number)
            text += link_archive(step.patch_sets[number].sources, patch_archive(number));
        text += fmt::format("rm -rf {1}\nln -s \"$recipes\"/{0} {1}\n", step.name, recipe_directory);
        text += step_script(step, "") + fmt::format("rm -rf {0} {0}.*\n)\n", source_directory(step.name));
    }
    return text;
}

} // namespace sf::plan
