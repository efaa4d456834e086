#include "store/layer_store.hpp"

#include "store/layer_tree.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "json/json.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sf::store {

namespace {

namespace stdfs = std::filesystem;

constexpr const char* tree_name = "tree";
constexpr const char* member_name = "layer.tar.gz";
constexpr const char* info_name = "layer.json";
constexpr const char* lock_name = ".lock"; // of the claims

/// In layer.json. History: 1 = digest, tree_bytes, gz_bytes, files.
constexpr int info_format = 1;
constexpr std::size_t longest_info = std::size_t{64} << 10U;

/// Hashes and compresses the tree into `member`; syncs it. gz_bytes is the member's size, whatever its coding.
util::Result<LayerInfo> write_member(const stdfs::path& tree, const std::vector<util::TreeEntry>& entries,
                                     const stdfs::path& member, Coding coding, const util::StopToken& stop)
{
    SF_TRY(const auto fd, util::open_file(member, O_WRONLY | O_CREAT | O_EXCL, 0644));
    std::uint64_t written = 0;
    const auto sink = [&](std::string_view bytes) -> util::Status {
        SF_CHECK(stop.check());
        written += bytes.size();
        return util::write_all(fd.get(), bytes);
    };
    SF_TRY(auto info, write_layer_tar(tree, entries, sink, coding));
    info.gz_bytes = written;
    if (::fsync(fd.get()) != 0)
        return util::fail_errno(errno, fmt::format("cannot sync {}", member.string()));
    return info;
}

/// Only hashes the tree; gz_bytes is that of `member`, which holds it already.
util::Result<LayerInfo> describe_member(const stdfs::path& tree, const std::vector<util::TreeEntry>& entries,
                                        const stdfs::path& member, const util::StopToken& stop)
{
    const auto sink = [&](std::string_view /*bytes*/) -> util::Status { return stop.check(); };
    SF_TRY(auto info, write_layer_tar(tree, entries, sink, Coding::plain));
    std::error_code error;
    info.gz_bytes = stdfs::file_size(member, error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot look at {}", member.string()));
    return info;
}

std::string info_text(const LayerInfo& info)
{
    nlohmann::ordered_json json;
    json["format"] = info_format;
    json["digest"] = info.digest.to_hex();
    json["tree_bytes"] = info.tree_bytes;
    json["gz_bytes"] = info.gz_bytes;
    json["files"] = info.files;
    return json.dump(2) + "\n";
}

util::Error missing(const util::Digest& digest, const stdfs::path& directory)
{
    return {util::ErrorCode::failure,
            fmt::format("layer {} is not in {}", digest.to_short(), directory.string()),
            "build its package again",
            {}};
}

util::Error damaged(const stdfs::path& path)
{
    return {util::ErrorCode::failure,
            fmt::format("{} is damaged", path.string()),
            "remove the layer's directory; it is built again",
            {}};
}

Coding gzip_of(Effort effort)
{
    return effort == Effort::strong ? Coding::gzip : Coding::gzip_quick;
}

} // namespace

LayerStore::LayerStore(stdfs::path directory) : directory_(std::move(directory)), claims_(directory_ / lock_name) {}

bool LayerStore::contains(const util::Digest& digest) const
{
    return util::path_exists(directory_ / digest.to_hex() / info_name);
}

util::Result<bool> LayerStore::claim(const std::vector<util::Digest>& digests) const
{
    for (const auto& digest : digests)
        if (!contains(digest))
            return false;
    std::vector<stdfs::path> places;
    places.reserve(digests.size());
    for (const auto& digest : digests)
        places.push_back(directory_ / digest.to_hex());
    return claims_.claim(places);
}

stdfs::path LayerStore::tree(const util::Digest& digest) const
{
    return directory_ / digest.to_hex() / tree_name;
}

stdfs::path LayerStore::member(const util::Digest& digest) const
{
    return directory_ / digest.to_hex() / member_name;
}

util::Result<stdfs::path> LayerStore::zst_member(const util::Digest& digest, const util::StopToken& stop) const
{
    const auto place = directory_ / digest.to_hex() / frame_name;
    if (util::path_exists(place))
        return place;
    if (!contains(digest))
        return tl::unexpected(missing(digest, directory_));
    SF_TRY(const auto entries, util::walk_tree(tree(digest)));
    SF_TRY(const auto draft, util::ScratchDir::make(directory_, "tmp"));
    SF_TRY(const auto written, write_member(tree(digest), entries, draft.path() / frame_name, Coding::zstd, stop));
    if (written.digest != digest)
        return tl::unexpected(damaged(tree(digest)));
    // Whoever else made it in the meantime made the same bytes.
    SF_CHECK(util::rename_path(draft.path() / frame_name, place));
    return place;
}

util::Result<LayerInfo> LayerStore::info(const util::Digest& digest) const
{
    const auto file = directory_ / digest.to_hex() / info_name;
    if (!util::path_exists(file))
        return tl::unexpected(missing(digest, directory_));
    SF_TRY(const auto text, util::read_foreign_file(file, longest_info));
    const auto json = json::read(text).value_or(nlohmann::json());
    if (!json.is_object() || json.value("format", nlohmann::json()) != info_format ||
        json.value("digest", nlohmann::json()) != digest.to_hex())
        return tl::unexpected(damaged(file));
    LayerInfo info{digest, 0, 0, 0, std::nullopt};
    for (const auto& [name, member] :
         {std::pair{"tree_bytes", &LayerInfo::tree_bytes}, std::pair{"gz_bytes", &LayerInfo::gz_bytes},
          std::pair{"files", &LayerInfo::files}}) {
        const auto number = json.find(name);
        if (number == json.end() || !number->is_number_unsigned())
            return tl::unexpected(damaged(file));
        info.*member = number->get<std::uint64_t>();
    }
    std::error_code not_made;
    if (const auto size = stdfs::file_size(file.parent_path() / frame_name, not_made); !not_made)
        info.zst_bytes = size;
    return info;
}

util::Result<LayerInfo> LayerStore::publish(util::ScratchDir draft, const stdfs::path& tree,
                                            const LayerInfo& info) const
{
    SF_TRY(const bool is_there, claim({info.digest}));
    if (is_there) {
        SF_CHECK(util::remove_tree(tree));
        return info;
    }
    SF_CHECK(util::rename_path(tree, draft.path() / tree_name));
    SF_CHECK(normalise_top(draft.path() / tree_name));
    SF_CHECK(util::write_file_atomic(draft.path() / info_name, info_text(info)));
    if (::chmod(draft.path().c_str(), 0755) != 0)
        return util::fail_errno(errno, fmt::format("cannot set the mode of {}", draft.path().string()));
    SF_CHECK(util::claim_new(draft.path()));
    while (true) {
        const auto published = util::rename_path(draft.path(), directory_ / info.digest.to_hex());
        if (published) {
            static_cast<void>(draft.keep());
            return info;
        }
        // Another process may have published the same layer in the meantime; its copy is as good, if it stays.
        if (!contains(info.digest))
            return tl::unexpected(published.error());
        SF_TRY(const bool stays, claim({info.digest}));
        if (stays)
            return info;
    }
}

util::Result<LayerInfo> LayerStore::add(const stdfs::path& tree, Effort effort)
{
    SF_TRY(auto draft, util::ScratchDir::make(directory_, "tmp"));
    SF_TRY(const auto entries, normalise_tree(tree));
    SF_TRY(const auto info, write_member(tree, entries, draft.path() / member_name, gzip_of(effort), {}));
    return publish(std::move(draft), tree, info);
}

util::Result<LayerInfo> LayerStore::adopt(const stdfs::path& tree, const stdfs::path& member, Coding coding,
                                          Effort effort, const util::Digest& digest, const util::StopToken& stop)
{
    SF_TRY(auto draft, util::ScratchDir::make(directory_, "tmp"));
    SF_TRY(const auto entries, normalise_tree(tree));
    const bool is_frame = coding == Coding::zstd;
    const bool has_gzip = !is_frame && !member.empty();
    SF_TRY(const auto info, has_gzip ? describe_member(tree, entries, member, stop)
                                     : write_member(tree, entries, draft.path() / member_name, gzip_of(effort), stop));
    if (info.digest != digest)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("layer {} is not the canonical form of its files", digest.to_short()),
                          "whoever made it used another tool or version");
    if (!member.empty())
        SF_CHECK(util::rename_path(member, draft.path() / (is_frame ? frame_name : member_name)));
    return publish(std::move(draft), tree, info);
}

util::Result<std::vector<std::string>> LayerStore::file_list(const util::Digest& digest) const
{
    if (!contains(digest))
        return tl::unexpected(missing(digest, directory_));
    SF_TRY(const auto entries, util::walk_tree(tree(digest)));
    std::vector<std::string> files;
    for (const auto& entry : entries)
        if (entry.type != stdfs::file_type::directory)
            files.push_back(entry.relative.string());
    return files;
}

} // namespace sf::store
