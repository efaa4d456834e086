#include "store/layer_tree.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sf::store {
namespace {

namespace stdfs = std::filesystem;

constexpr mode_t any_execute = 0111;

/// A failure to set what the archive says anyway would make the tree on disk differ from it. The owner goes first: as
/// long as it is the builder, it may change the mode.
util::Status set_attributes(const stdfs::path& path, stdfs::file_type type, mode_t has)
{
    if (::geteuid() == 0 && ::lchown(path.c_str(), 0, ::getegid()) != 0)
        return util::fail_errno(errno, fmt::format("cannot take over {}", path.string()));
    const auto mode = layer_mode(type, has);
    if (type != stdfs::file_type::symlink && has != mode && ::chmod(path.c_str(), mode) != 0)
        return util::fail_errno(errno, fmt::format("cannot set the mode of {}", path.string()));
    const std::array<timespec, 2> times{{{source_date_epoch, 0}, {source_date_epoch, 0}}};
    if (::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return util::fail_errno(errno, fmt::format("cannot set the time of {}", path.string()));
    return {};
}

util::Status write_entry(TarMember& tar, const stdfs::path& tree, const util::TreeEntry& entry)
{
    const auto name = std::string(layer_top) + "/" + entry.relative.string();
    const auto path = tree / entry.relative;
    switch (entry.type) {
    case stdfs::file_type::directory:
        return tar.add_directory(name);
    case stdfs::file_type::symlink:
        return tar.add_symlink(name, entry.link_target);
    case stdfs::file_type::regular:
        return tar.add_file(name, (entry.mode & any_execute) != 0, path);
    default:
        return util::fail(
            util::ErrorCode::build,
            fmt::format("a layer may hold files, directories and symbolic links only: {}", path.string()));
    }
}

} // namespace

mode_t layer_mode(stdfs::file_type type, mode_t mode)
{
    return type == stdfs::file_type::directory || (mode & any_execute) != 0 ? 0755 : 0644;
}

util::Result<std::vector<util::TreeEntry>> normalise_tree(const stdfs::path& tree)
{
    SF_TRY(auto entries, util::walk_tree(tree));
    for (const auto& entry : entries)
        SF_CHECK(set_attributes(tree / entry.relative, entry.type, entry.mode));
    return entries;
}

util::Status normalise_top(const stdfs::path& tree)
{
    return set_attributes(tree, stdfs::file_type::directory, 0);
}

util::Result<LayerInfo> write_layer_tar(const stdfs::path& tree, const std::vector<util::TreeEntry>& entries,
                                        ByteSink sink, Coding coding)
{
    SF_TRY(auto tar, TarMember::create(std::move(sink), ArchiveEnd::left_out, coding));
    SF_CHECK(tar.add_directory(layer_top));
    std::uint64_t tree_bytes = 0;
    std::uint64_t files = 0;
    for (const auto& entry : entries) {
        SF_CHECK(write_entry(tar, tree, entry));
        tree_bytes += entry.size;
        files += entry.type == stdfs::file_type::directory ? 0 : 1;
    }
    SF_TRY(const auto digest, tar.finish());
    return LayerInfo{digest, tree_bytes, 0, files, std::nullopt};
}

} // namespace sf::store
