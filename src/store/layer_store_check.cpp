// Whether layers still are what was added.
#include "store/layer_store.hpp"
#include "store/layer_tree.hpp"
#include "util/files/directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sf::store {
namespace {

namespace stdfs = std::filesystem;

/// A tree by the attributes of its entries alone.
struct Survey {
    LayerPaths paths;
    std::uint64_t tree_bytes = 0;
    bool as_added = true; ///< as far as attributes tell
};

bool has_attributes_of_layer(const struct stat& st)
{
    const auto type = S_ISDIR(st.st_mode)   ? stdfs::file_type::directory
                      : S_ISLNK(st.st_mode) ? stdfs::file_type::symlink
                                            : stdfs::file_type::regular;
    const bool known = type != stdfs::file_type::regular || S_ISREG(st.st_mode);
    const auto mode = st.st_mode & ~static_cast<mode_t>(S_IFMT);
    return known && (type == stdfs::file_type::symlink || mode == layer_mode(type, mode)) && st.st_uid == ::geteuid() &&
           st.st_mtim.tv_sec == source_date_epoch && st.st_mtim.tv_nsec == 0;
}

util::Status survey_into(const stdfs::path& top, const stdfs::path& relative, Survey& survey)
{
    struct stat st = {};
    const auto path = top / relative;
    if (::lstat(path.c_str(), &st) != 0)
        return util::fail_errno(errno, fmt::format("cannot look at {}", path.string()));
    survey.as_added = survey.as_added && has_attributes_of_layer(st);
    if (!S_ISDIR(st.st_mode)) {
        survey.paths.others.push_back(relative.string());
        survey.tree_bytes += S_ISREG(st.st_mode) ? static_cast<std::uint64_t>(st.st_size) : 0;
        return {};
    }
    if (!relative.empty())
        survey.paths.directories.push_back(relative.string());
    SF_TRY(const auto names, util::names_in(path));
    for (const auto& name : names)
        SF_CHECK(survey_into(top, relative / name, survey));
    return {};
}

util::Result<Survey> survey_tree(const stdfs::path& top)
{
    Survey survey;
    SF_CHECK(survey_into(top, {}, survey));
    std::sort(survey.paths.directories.begin(), survey.paths.directories.end());
    std::sort(survey.paths.others.begin(), survey.paths.others.end());
    return survey;
}

} // namespace

util::Result<LayerPaths> LayerStore::inspect(const util::Digest& digest, const util::StopToken& stop) const
{
    SF_TRY(const auto known, info(digest));
    SF_TRY(auto survey, survey_tree(tree(digest)));
    if (survey.as_added && survey.tree_bytes == known.tree_bytes && survey.paths.others.size() == known.files)
        return std::move(survey.paths);
    SF_TRY(const auto entries, util::walk_tree(tree(digest)));
    const auto hash_only = [&stop](std::string_view /*bytes*/) { return stop.check(); };
    const auto found = write_layer_tar(tree(digest), entries, hash_only, Coding::plain);
    if (!found && found.error().code != util::ErrorCode::build) // a kind of file that no layer has
        return tl::unexpected(found.error());
    if (!found || found->digest != digest)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("{} was changed after its layer was made", tree(digest).string()),
                          util::Reason::layer_changed);
    SF_CHECK(normalise_tree(tree(digest)));
    SF_CHECK(normalise_top(tree(digest)));
    return std::move(survey.paths);
}

} // namespace sf::store
