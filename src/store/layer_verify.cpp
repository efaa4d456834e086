#include "store/layer_verify.hpp"

#include "store/decompressor.hpp"
#include "store/layer_tree.hpp"
#include "tar/extraction.hpp"
#include "util/files/fs.hpp"

#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <optional>

namespace sf::store {
namespace {

namespace stdfs = std::filesystem;
using util::Result;

/// What decides an entry's bytes in the tar.
struct Entry {
    mode_t type = 0; ///< S_IFREG, S_IFDIR, S_IFLNK
    bool executable = false;
    std::string contents; ///< a link's target, or the sha256 of a file
};
using Entries = std::map<std::string, Entry>;

ByteSource bytes_of(std::shared_ptr<util::UniqueFd> fd, const util::StopToken& stop)
{
    return [fd = std::move(fd), stop](char* buffer, std::size_t capacity) -> Result<std::size_t> {
        SF_CHECK(stop.check());
        ssize_t count = 0;
        do
            count = ::read(fd->get(), buffer, capacity);
        while (count < 0 && errno == EINTR);
        if (count < 0)
            return util::fail_errno(errno, "cannot read");
        return static_cast<std::size_t>(count);
    };
}

/// Of the complete tar that a member or frame holds without its end.
Result<util::Digest> digest_in(const stdfs::path& archive, Coding coding, const util::StopToken& stop)
{
    constexpr std::size_t piece = std::size_t{1} << 16U;
    constexpr std::size_t end_blocks = 1024;
    SF_TRY(auto fd, util::open_file(archive, O_RDONLY | O_NOFOLLOW));
    SF_TRY(const auto decompressor,
           Decompressor::make(coding, bytes_of(std::make_shared<util::UniqueFd>(std::move(fd)), stop)));
    util::Sha256 hash;
    std::string buffer(piece, '\0');
    for (;;) {
        SF_TRY(const auto count, decompressor->read(buffer.data(), buffer.size()));
        if (count == 0)
            break;
        hash.update(std::string_view(buffer).substr(0, count));
    }
    hash.update(std::string_view(std::string(end_blocks, '\0')));
    return hash.finish();
}

Result<Entries> entries_in(const stdfs::path& archive, const util::StopToken& stop)
{
    const auto top = std::string(layer_top) + "/";
    SF_TRY(auto tar, tar::Extraction::open(archive, 0, tar::Filters::own));
    Entries entries;
    for (;;) {
        SF_TRY(auto* const entry, tar.next());
        if (entry == nullptr)
            return entries;
        std::string name = archive_entry_pathname(entry);
        while (name.ends_with('/'))
            name.pop_back();
        if (!name.starts_with(top))
            continue;
        Entry one{archive_entry_filetype(entry), (archive_entry_perm(entry) & S_IXUSR) != 0, {}};
        if (one.type == S_IFLNK)
            one.contents = archive_entry_symlink(entry);
        if (one.type == S_IFREG) {
            util::Sha256 hash;
            SF_CHECK(tar.read([&hash](std::string_view bytes) { hash.update(bytes); }, stop));
            one.contents = hash.finish().to_hex();
        }
        entries.emplace(name.substr(top.size()), std::move(one));
    }
}

Result<Entries> entries_of(const stdfs::path& tree, const std::vector<util::TreeEntry>& walked,
                           const util::StopToken& stop)
{
    Entries entries;
    for (const auto& entry : walked) {
        SF_CHECK(stop.check());
        Entry one{0, layer_mode(entry.type, entry.mode) == layer_mode(stdfs::file_type::directory, 0), {}};
        if (entry.type == stdfs::file_type::directory) {
            one.type = S_IFDIR;
        } else if (entry.type == stdfs::file_type::symlink) {
            one.type = S_IFLNK;
            one.contents = entry.link_target;
        } else if (entry.type == stdfs::file_type::regular) {
            one.type = S_IFREG;
            SF_TRY(const auto sum, util::sha256_file(tree / entry.relative));
            one.contents = sum.to_hex();
        }
        entries.emplace(entry.relative.string(), std::move(one));
    }
    return entries;
}

std::string difference(const Entry& is, const Entry& was)
{
    if (is.type != was.type)
        return "is of another kind";
    if (is.contents != was.contents)
        return is.type == S_IFLNK ? "is a link to another place" : "has other contents";
    if (is.type == S_IFREG && is.executable != was.executable)
        return is.executable ? "has become executable" : "is no longer executable";
    return {};
}

std::vector<LayerFault> differences(const Entries& are, const Entries& were)
{
    std::vector<LayerFault> faults;
    for (const auto& [path, was] : were) {
        const auto is = are.find(path);
        auto what = is == are.end() ? std::string("is missing") : difference(is->second, was);
        if (!what.empty())
            faults.push_back({"tree/" + path, std::move(what)});
    }
    for (const auto& [path, is] : are)
        if (!were.contains(path))
            faults.push_back({"tree/" + path, "is new"});
    return faults;
}

/// Whether the archive holds the layer; what is wrong goes into `faults`. One that is not there is none.
Result<bool> check_archive(const stdfs::path& archive, Coding coding, const util::Digest& digest,
                           std::vector<LayerFault>& faults, const util::StopToken& stop)
{
    const auto found = digest_in(archive, coding, stop);
    if (!found && found.error().code != util::ErrorCode::verify)
        return tl::unexpected(found.error());
    if (found && *found == digest)
        return true;
    faults.push_back({archive.filename().string(), found ? "has other contents" : found.error().message});
    return false;
}

Result<std::vector<LayerFault>> check_tree(const LayerStore& layers, const util::Digest& digest,
                                           const std::optional<stdfs::path>& archive, const util::StopToken& stop)
{
    const auto tree = layers.tree(digest);
    if (!util::path_exists(tree))
        return std::vector<LayerFault>{{"tree", "is missing"}};
    SF_TRY(const auto walked, util::walk_tree(tree));
    const auto hash_only = [&stop](std::string_view /*bytes*/) { return stop.check(); };
    const auto found = write_layer_tar(tree, walked, hash_only, Coding::plain);
    if (!found && found.error().code != util::ErrorCode::build) // a kind of file that no layer has
        return tl::unexpected(found.error());
    if (found && found->digest == digest)
        return std::vector<LayerFault>();
    std::vector<LayerFault> faults;
    if (archive) {
        SF_TRY(const auto are, entries_of(tree, walked, stop));
        SF_TRY(const auto were, entries_in(*archive, stop));
        faults = differences(are, were);
    }
    if (faults.empty())
        faults.push_back({"tree", "is not what was added"});
    return faults;
}

} // namespace

Result<std::vector<LayerFault>> verify_layer(const LayerStore& layers, const util::Digest& digest,
                                             const util::StopToken& stop)
{
    std::vector<LayerFault> faults;
    if (const auto info = layers.info(digest); !info)
        faults.push_back({"layer.json", info.error().message});
    std::optional<stdfs::path> good;
    const auto gzip = layers.member(digest);
    if (!util::path_exists(gzip)) {
        faults.push_back({gzip.filename().string(), "is missing"});
    } else {
        SF_TRY(const bool whole, check_archive(gzip, Coding::gzip, digest, faults, stop));
        if (whole)
            good = gzip;
    }
    if (const auto frame = gzip.parent_path() / frame_name; util::path_exists(frame)) {
        SF_TRY(const bool whole, check_archive(frame, Coding::zstd, digest, faults, stop));
        if (whole && !good)
            good = frame;
    }
    SF_TRY(auto in_tree, check_tree(layers, digest, good, stop));
    faults.insert(faults.end(), in_tree.begin(), in_tree.end());
    return faults;
}

} // namespace sf::store
