#include "image/configure_cache.hpp"

#include "identity/identity.hpp"
#include "image/inside.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

constexpr const char* work_place = "/build";
constexpr const char* lists_place = "/recipe";
constexpr const char* answers = "config.site";

bool is_site_line(const std::string& line)
{
    const auto end = line.find('=');
    if (end == std::string::npos)
        return false;
    const auto name = line.substr(0, end);
    const bool is_cached = name.starts_with("ac_cv_") || name.starts_with("lt_cv_");
    return is_cached && line.ends_with('}') && line.substr(end + 1).starts_with("${" + name + "=");
}

} // namespace

bool is_site_file(std::string_view text)
{
    const auto lines = util::split(util::trim(text), '\n');
    return std::all_of(lines.begin(), lines.end(), is_site_line);
}

util::Status add_configure_cache(const ImageRecipe& recipe, const System& system, const stdfs::path& work, int log,
                                 const util::StopToken& stop)
{
    constexpr std::chrono::minutes patience{10};
    constexpr std::uint64_t most_answers = std::uint64_t{1} << 20U;
    SF_CHECK(util::make_directories(work));
    if (::chown(work.c_str(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot give {} to the builder", work.string()));
    const InsideCommand probe{
        system,
        fmt::format("cd {} && /bin/sh {}/probe.sh {} {}", work_place, lists_place, lists_place, answers),
        {{work, work_place, true}, {recipe.configure_cache, lists_place, false}},
        patience};
    SF_TRY(const auto result, run_inside(probe, stop));
    SF_CHECK(util::write_all(log, result.output));
    const auto fault = [&](std::string_view what) {
        return util::fail(ErrorCode::recipe,
                          fmt::format("image '{}': {}/probe.sh {}:\n    {}", recipe.name,
                                      recipe.configure_cache.string(), what,
                                      util::replace_all(util::last_lines(result.output, 6), "\n", "\n    ")),
                          fmt::format("correct it, or take 'configure_cache' out of {}", recipe.file.string()));
    };
    if (result.exit_code != 0)
        return fault(fmt::format("ends with exit code {}", result.exit_code));
    const auto text = util::read_foreign_file(work / answers, most_answers);
    if (!text || !is_site_file(*text))
        return fault("did not write a site file of cache variables");
    SF_TRY(const auto tree, util::ForeignTree::open(system.rootfs));
    SF_CHECK(tree.write_file(configure_site_file, *text));
    return util::remove_tree(work);
}

} // namespace sf::image
