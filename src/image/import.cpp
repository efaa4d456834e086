#include "event/step.hpp"
#include "identity/user_namespace.hpp"
#include "image/configure_cache.hpp"
#include "image/externals.hpp"
#include "image/image.hpp"
#include "image/inside.hpp"
#include "image/make.hpp"
#include "image/making.hpp"
#include "site/logs.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/text.hpp"

#include <unistd.h>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// The tools that are there, and their versions.
util::Result<std::map<std::string, std::string>> look_for(const std::map<std::string, std::string>& commands,
                                                          const System& system, const util::StopToken& stop)
{
    std::map<std::string, std::string> found;
    for (const auto& [external, question] : commands) {
        SF_TRY(const auto answer, run_inside({system, question}, stop));
        if (const auto version = version_in(answer.output); answer.exit_code == 0 && version)
            found.emplace(external, *version);
    }
    return found;
}

util::Status check_system(const System& root, const util::StopToken& stop)
{
    SF_TRY(const auto system, util::ForeignTree::open(root.rootfs));
    if (!system.is_regular_file("bin/sh"))
        return util::fail(ErrorCode::recipe, "this is not a root file system: it has no /bin/sh",
                          "give a directory, archive or image of a whole Linux system for x86-64");
    // A made image has them from its distribution; a minimal one from elsewhere may not.
    SF_CHECK(make_places(system, {"dev", "proc", "sys", "tmp", "run", "var/tmp", "etc"}));
    const auto answer = run_inside({root, "exit 42"}, stop);
    SF_CHECK(stop.check());
    constexpr int agreed = 42;
    if (answer && answer->exit_code == agreed)
        return {};
    return util::fail(ErrorCode::recipe,
                      fmt::format("nothing can be run in this root file system:\n    {}",
                                  answer ? util::last_lines(answer->output, 3) : answer.error().message),
                      "it must be one for this machine's processor");
}

std::string quoted(const std::string& text)
{
    return "'" + util::replace_all(text, "'", "''") + "'";
}

/// Read again by load_image_recipe().
std::string imported_recipe_text(const ImageRecipe& recipe)
{
    auto text = fmt::format("name: {}\ndescription: {}\nimported: {}\nanswers: {}\nexternals: {}\n", recipe.name,
                            quoted(recipe.description), recipe.imported->to_hex(), recipe.has_answers,
                            recipe.externals.empty() ? "{}" : "");
    for (const auto& [external, command] : recipe.externals)
        text += fmt::format("  {}: {}\n", external, quoted(command));
    return text;
}

} // namespace

stdfs::path imported_recipes(const site::Site& site)
{
    return site.images() / "recipes";
}

std::vector<stdfs::path> recipe_directories(const site::Site& site)
{
    std::vector<stdfs::path> directories = {imported_recipes(site)};
    directories.insert(directories.end(), site.image_directories.begin(), site.image_directories.end());
    return directories;
}

util::Result<Image> ImageStore::import(const ImageRecipe& wanted, const Unpack& unpack, const util::StopToken& stop)
{
    if (::geteuid() != 0)
        return util::fail(ErrorCode::sandbox, "importing a base image needs mounts, which this user may not make",
                          identity::how_to_have_builder());
    const auto prefix = "making-import-" + wanted.name;
    SF_TRY(const auto lock, lock_making(site_.images() / "locks" / prefix, wanted.name, events_, stop));
    clear_away(site_.images(), prefix);
    SF_CHECK(util::require_space(site_.images(), needed_space, fmt::format("the base image '{}'", wanted.name)));
    event::StepTimer step(events_, wanted.name, "image-import");
    SF_TRY(auto directory, util::TempDir::make(site_.images(), prefix));
    const auto rootfs = directory.path() / "rootfs";
    SF_CHECK(util::make_directories(rootfs));
    SF_CHECK(unpack(rootfs));
    const System system{rootfs, limits_of(site_)};
    SF_CHECK(check_system(system, stop));
    SF_TRY(auto found, look_for(wanted.externals, system, stop));
    SF_CHECK(finish_rootfs(rootfs));
    auto recipe = wanted;
    if (!recipe.configure_cache.empty() && found.contains("gcc")) {
        SF_TRY(const auto log, site::begin_log(site_, log_name(recipe.name)));
        SF_CHECK(add_configure_cache(recipe, system, directory.path() / "configure", log.get(), stop));
        recipe.has_answers = true;
    }
    recipe.configure_cache.clear();
    recipe.configure_cache_files.clear();
    std::erase_if(recipe.externals, [&found](const auto& external) { return !found.contains(external.first); });
    SF_TRY(const auto summary, summarise_tree(rootfs, stop));
    recipe.imported = summary.digest;
    recipe.file = imported_recipes(site_) / (recipe.name + ".yaml");
    SF_TRY(auto image, publish(recipe, std::move(directory), std::move(found), summary));
    SF_CHECK(util::write_file_atomic(recipe.file, imported_recipe_text(recipe)));
    step.succeed();
    return image;
}

} // namespace sf::image
