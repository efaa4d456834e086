#include "image/system_tree.hpp"

#include "identity/identity.hpp"
#include "image/copy.sh.hpp"
#include "tar/extraction.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

constexpr std::string_view whiteout = ".wh.";
constexpr std::string_view opaque = ".wh..wh..opq";
constexpr std::string_view whiteout_of_layers_own = ".wh..wh."; // aufs kept its books under such names

tl::unexpected<util::Error> refuse(const stdfs::path& archive, const std::string& entry, std::string_view why)
{
    std::string shown = entry.substr(0, 200); // it may be meant for the terminal
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, '?');
    return util::fail(ErrorCode::verify, fmt::format("{}: the entry \"{}\" {}", archive.string(), shown, why));
}

/// The path below the top, "" for the top itself; nullopt when it leads elsewhere.
std::optional<stdfs::path> plain_path(const std::string& name)
{
    stdfs::path plain;
    for (const auto& part : util::split(name, '/')) {
        if (part == "..")
            return std::nullopt;
        if (!part.empty() && part != ".")
            plain /= part;
    }
    return plain;
}

/// Every directory on the way to it is one, and no link.
bool lies_in_directories(const stdfs::path& rootfs, const stdfs::path& relative)
{
    auto at = rootfs;
    for (const auto& part : relative.parent_path()) {
        at /= part;
        std::error_code error;
        const auto status = stdfs::symlink_status(at, error);
        if (status.type() == stdfs::file_type::not_found)
            return true;
        if (!stdfs::is_directory(status)) // or nobody can tell, because the path is too long
            return false;
    }
    return true;
}

class Unpacking {
public:
    Unpacking(stdfs::path file, stdfs::path rootfs) : file_(std::move(file)), rootfs_(std::move(rootfs)) {}

    util::Status run(const util::StopToken& stop)
    {
        // UNLINK: an upper layer's file takes the place of a lower one's, and is not written into it.
        int flags = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_UNLINK;
        if (identity::has_builder())
            flags |= ARCHIVE_EXTRACT_OWNER;
        SF_TRY(auto extraction, tar::Extraction::open(file_, flags, tar::Filters::programs));
        for (;;) {
            SF_CHECK(stop.check());
            SF_TRY(auto* const entry, extraction.next());
            if (entry == nullptr)
                return extraction.finish();
            SF_TRY(const bool wanted, take(entry));
            if (wanted)
                SF_CHECK(extraction.write(entry, stop));
        }
    }

private:
    /// Whether the entry is to be written, at its place below the top then; a whiteout does its work here.
    util::Result<bool> take(archive_entry* entry)
    {
        const char* name = archive_entry_pathname(entry);
        const std::string text = name == nullptr ? "" : name;
        const auto place = plain_path(text);
        if (!place)
            return refuse(file_, text, "leads out of the system");
        if (place->empty())
            return false;
        if (!lies_in_directories(rootfs_, *place))
            return refuse(file_, text, "lies behind a symbolic link, or too deep");
        const auto last = place->filename().string();
        if (last.starts_with(whiteout)) {
            SF_CHECK(take_away(*place, last));
            return false;
        }
        const auto kind = archive_entry_filetype(entry);
        const char* hard = archive_entry_hardlink(entry);
        if (hard == nullptr && kind != AE_IFREG && kind != AE_IFDIR && kind != AE_IFLNK)
            return false;
        std::error_code error;
        if (kind == AE_IFDIR && stdfs::is_symlink(stdfs::symlink_status(rootfs_ / *place, error)))
            SF_CHECK(util::remove_tree(rootfs_ / *place)); // libarchive would keep it, and take it for the directory
        archive_entry_set_pathname(entry, (rootfs_ / *place).c_str());
        if (!identity::has_builder()) {
            // set-ID bits, which the digest has, are left out of files that get another owner than the entry names
            archive_entry_set_uid(entry, ::geteuid());
            archive_entry_set_gid(entry, ::getegid());
        }
        if (hard != nullptr) {
            const auto target = plain_path(hard);
            if (!target || target->empty() || !lies_in_directories(rootfs_, *target) ||
                !stdfs::is_regular_file(stdfs::symlink_status(rootfs_ / *target, error)))
                return refuse(file_, text, "is a link to no file of the system");
            archive_entry_set_hardlink(entry, (rootfs_ / *target).c_str());
        }
        own_.insert(*place);
        return true;
    }

    /// What the layers below have; of this one nothing: it may come before or after.
    util::Status take_away(const stdfs::path& place, const std::string& last)
    {
        const auto directory = rootfs_ / place.parent_path();
        if (last == opaque) {
            SF_TRY(const auto entries, util::paths_in(directory));
            for (const auto& entry : entries)
                if (!own_.contains(place.parent_path() / entry.filename()))
                    SF_CHECK(util::remove_tree(entry));
            return {};
        }
        if (last.starts_with(whiteout_of_layers_own))
            return {};
        const auto name = last.substr(whiteout.size());
        if (name.empty() || name == "." || name == "..")
            return refuse(file_, place.string(), "removes something that is not a file");
        if (own_.contains(place.parent_path() / name))
            return {};
        return util::remove_tree(directory / name);
    }

    stdfs::path file_;
    stdfs::path rootfs_;
    std::set<stdfs::path> own_; ///< what this layer has brought
};

/// Of a directory as of an archive, only directories, files and links are taken.
util::Status remove_special_files(const stdfs::path& rootfs)
{
    SF_TRY(const auto entries, util::walk_tree(rootfs));
    for (const auto& entry : entries)
        if (entry.type != stdfs::file_type::directory && entry.type != stdfs::file_type::regular &&
            entry.type != stdfs::file_type::symlink)
            SF_CHECK(util::remove_tree(rootfs / entry.relative));
    return {};
}

} // namespace

util::Status copy_system(const stdfs::path& from, const stdfs::path& rootfs, const util::StopToken& stop)
{
    constexpr std::size_t quoted_lines = 5;
    // Holes stay holes: a sparse file may say that it is larger than any disk.
    util::Command command;
    command.argv = {"/bin/bash", "-o",          "pipefail",     "-c", std::string(copy_sh()),
                    "copy",      from.string(), rootfs.string()};
    for (const auto* place : {"./dev/*", "./proc/*", "./sys/*", "./run/*", "./tmp/*"})
        command.argv.push_back(fmt::format("--exclude={}", place));
    command.environment_changes = {{"LC_ALL", "C"},
                                   {"owner", identity::has_builder() ? "--same-owner" : "--no-same-owner"}};
    command.stop = stop;
    SF_TRY(const auto result, util::run(command));
    if (result.exit_code != 0)
        return util::fail(
            ErrorCode::failure,
            fmt::format("cannot copy {}:\n    {}", from.string(),
                        util::replace_all(util::last_lines(result.output, quoted_lines), "\n", "\n    ")));
    return remove_special_files(rootfs);
}

util::Status unpack_system(const stdfs::path& archive, const stdfs::path& rootfs, const util::StopToken& stop)
{
    return Unpacking(archive, rootfs).run(stop);
}

} // namespace sf::image
