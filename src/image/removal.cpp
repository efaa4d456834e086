// How images go: by name, as garbage, and what is left where that was cut off.
#include "image/image.hpp"
#include "image/making.hpp"
#include "util/files/claim.hpp"
#include "util/files/directory.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// The recipe of an imported image goes with it, unless another was imported under its name since.
util::Status remove_imported_recipe(const site::Site& site, const store::ImageRecord& record)
{
    const auto file = imported_recipes(site) / (record.name + ".yaml");
    const auto recipe = load_image_recipe(file);
    return recipe && recipe->imported != record.digest ? util::Status() : util::remove_tree(file);
}

bool is_being_removed(const stdfs::path& tree)
{
    return tree.filename().string().starts_with(util::removing_prefix);
}

/// A rename takes it away at once; emptying it may be cut off.
util::Status take_from_its_place(const stdfs::path& home)
{
    constexpr std::size_t enough = 12;
    if (!util::path_exists(home))
        return {};
    SF_TRY(const auto trash,
           util::TempDir::make(home.parent_path(),
                               fmt::format("{}{}", util::removing_prefix, home.filename().string().substr(0, enough))));
    SF_CHECK(util::rename_path(home, trash.path() / "image"));
    return util::remove_tree(trash.path());
}

} // namespace

util::Status ImageStore::remove(const std::string& name_or_digest)
{
    constexpr std::size_t shortest_prefix = 6;
    SF_TRY(const auto records, database_.images());
    std::vector<store::ImageRecord> chosen;
    std::vector<std::string> known;
    for (const auto& record : records) {
        const bool by_digest =
            name_or_digest.size() >= shortest_prefix && record.digest.to_hex().starts_with(name_or_digest);
        if (by_digest || record.name == name_or_digest)
            chosen.push_back(record);
        known.push_back(fmt::format("{} ({})", record.name, record.digest.to_short()));
    }
    if (chosen.empty())
        return util::fail(ErrorCode::usage, fmt::format("no base image here is '{}'", name_or_digest),
                          known.empty() ? "there are none" : "known: " + util::join(known, ", "));
    for (const auto& record : chosen) {
        SF_TRY(const auto lock, util::FileLock::try_acquire(use_lock(site_, record.digest)));
        if (!lock)
            return util::fail(ErrorCode::failure,
                              fmt::format("the base image '{}' ({}) is in use by a running build", record.name,
                                          record.digest.to_short()),
                              "wait until it has ended, then try again");
        SF_CHECK(take_away(record));
    }
    return {};
}

util::Result<bool> ImageStore::remove_unused(const util::Digest& digest, std::int64_t since)
{
    SF_TRY(const auto lock, util::FileLock::try_acquire(use_lock(site_, digest)));
    if (!lock || util::claimed_at(home_of(site_, digest)) >= since)
        return false;
    SF_TRY(const auto records, database_.images());
    for (const auto& record : records)
        if (record.digest == digest)
            SF_CHECK(take_away(record));
    return true;
}

util::Status ImageStore::take_away(const store::ImageRecord& record)
{
    SF_CHECK(database_.remove_image(record.name, record.digest));
    SF_CHECK(remove_imported_recipe(site_, record));
    SF_TRY(const auto others, database_.images());
    // An imported image may be the same as one that was made.
    if (std::any_of(others.begin(), others.end(), [&](const auto& other) { return other.digest == record.digest; }))
        return {};
    return take_from_its_place(home_of(site_, record.digest));
}

util::Result<std::vector<stdfs::path>> ImageStore::leftovers() const
{
    std::error_code error;
    if (stdfs::is_symlink(site_.images(), error)) // another root's, whose records are elsewhere
        return std::vector<stdfs::path>();
    SF_TRY(const auto records, database_.images());
    std::set<util::Digest> known;
    for (const auto& record : records)
        known.insert(record.digest);
    std::vector<stdfs::path> found;
    for (auto& path : util::readable_paths_in(site_.images())) {
        const auto digest = util::Digest::parse(path.filename().string());
        if (is_being_removed(path) || (digest && !known.contains(*digest)))
            found.push_back(std::move(path));
    }
    return found;
}

util::Status ImageStore::remove_leftover(const stdfs::path& leftover)
{
    // A process that makes the same image must not take a half-removed tree for it.
    return is_being_removed(leftover) ? util::remove_tree(leftover) : take_from_its_place(leftover);
}

} // namespace sf::image
