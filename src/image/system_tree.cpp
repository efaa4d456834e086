#include "image/system_tree.hpp"

#include "identity/identity.hpp"
#include "util/fs.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

constexpr std::string_view whiteout = ".wh.";
constexpr std::string_view opaque = ".wh..wh..opq";
constexpr std::string_view whiteout_of_layers_own = ".wh..wh."; // aufs kept its books under such names

/// What libarchive is not linked with here: programs that decompress, and how what they take begins.
using namespace std::string_view_literals;
constexpr std::array<std::pair<const char*, std::string_view>, 2> other_compressions = {{{"xz -dc", "\xfd"
                                                                                                    "7zXZ\0"sv},
                                                                                         {"bzip2 -dc", "BZh"sv}}};

struct FreeReader {
    void operator()(archive* handle) const { archive_read_free(handle); }
};
struct FreeWriter {
    void operator()(archive* handle) const { archive_write_free(handle); }
};
using Reader = std::unique_ptr<archive, FreeReader>;
using Writer = std::unique_ptr<archive, FreeWriter>;

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
        if (stdfs::exists(status) && !stdfs::is_directory(status))
            return false;
    }
    return true;
}

class Unpacking {
public:
    Unpacking(stdfs::path file, stdfs::path rootfs) : file_(std::move(file)), rootfs_(std::move(rootfs)) {}

    util::Status run(const util::StopToken& stop)
    {
        SF_CHECK(open());
        for (;;) {
            SF_CHECK(stop.check());
            archive_entry* entry = nullptr;
            const int status = archive_read_next_header(reader_.get(), &entry);
            if (status == ARCHIVE_EOF)
                break;
            if (status < ARCHIVE_WARN)
                return trouble(reader_.get(), "cannot be read");
            SF_CHECK(take(entry, stop));
        }
        return archive_write_close(writer_.get()) == ARCHIVE_OK ? util::Status()
                                                                : trouble(writer_.get(), "cannot be unpacked");
    }

private:
    [[nodiscard]] util::Status open()
    {
        constexpr std::size_t block = std::size_t{1} << 18U;
        archive_read_support_filter_gzip(reader_.get());
        archive_read_support_filter_zstd(reader_.get());
        for (const auto& [program, magic] : other_compressions)
            archive_read_support_filter_program_signature(reader_.get(), program, magic.data(), magic.size());
        archive_read_support_format_tar(reader_.get());
        if (archive_read_open_filename(reader_.get(), file_.c_str(), block) != ARCHIVE_OK)
            return trouble(reader_.get(), "is no archive of a system");
        int flags = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_UNLINK;
        if (identity::has_builder())
            flags |= ARCHIVE_EXTRACT_OWNER;
        archive_write_disk_set_options(writer_.get(), flags);
        return {};
    }

    tl::unexpected<util::Error> trouble(archive* handle, std::string_view what)
    {
        const char* why = archive_error_string(handle);
        const auto code = archive_errno(handle) == ENOSPC ? ErrorCode::no_space : ErrorCode::verify;
        return util::fail(code, fmt::format("{} {}: {}", file_.string(), what, why == nullptr ? "unknown" : why));
    }

    util::Status take(archive_entry* entry, const util::StopToken& stop)
    {
        const char* name = archive_entry_pathname(entry);
        const std::string text = name == nullptr ? "" : name;
        const auto place = plain_path(text);
        if (!place)
            return refuse(file_, text, "leads out of the system");
        if (place->empty())
            return {};
        if (!lies_in_directories(rootfs_, *place))
            return refuse(file_, text, "lies behind a symbolic link");
        const auto last = place->filename().string();
        if (last.starts_with(whiteout))
            return take_away(*place, last);
        const auto kind = archive_entry_filetype(entry);
        const char* hard = archive_entry_hardlink(entry);
        if (hard == nullptr && kind != AE_IFREG && kind != AE_IFDIR && kind != AE_IFLNK)
            return {};
        archive_entry_set_pathname(entry, (rootfs_ / *place).c_str());
        if (hard != nullptr) {
            const auto target = plain_path(hard);
            if (!target || target->empty() || !lies_in_directories(rootfs_, *target) ||
                !stdfs::is_regular_file(stdfs::symlink_status(rootfs_ / *target)))
                return refuse(file_, text, "is a link to no file of the system");
            archive_entry_set_hardlink(entry, (rootfs_ / *target).c_str());
        }
        own_.insert(*place);
        return write(entry, stop);
    }

    /// What the layers below have; of this one nothing: it may come before or after.
    util::Status take_away(const stdfs::path& place, const std::string& last)
    {
        const auto directory = rootfs_ / place.parent_path();
        if (last == opaque) {
            std::error_code ignored;
            std::vector<stdfs::path> entries;
            for (const auto& entry : stdfs::directory_iterator(directory, ignored))
                entries.push_back(entry.path());
            for (const auto& entry : entries)
                if (!own_.contains(place.parent_path() / entry.filename()))
                    SF_CHECK(util::remove_tree(entry));
            return {};
        }
        if (last.starts_with(whiteout_of_layers_own))
            return {};
        const auto name = last.substr(whiteout.size());
        if (name.empty() || name == "." || name == "..")
            return refuse(file_, place.string(), "takes away what is no file");
        if (own_.contains(place.parent_path() / name))
            return {};
        return util::remove_tree(directory / name);
    }

    util::Status write(archive_entry* entry, const util::StopToken& stop)
    {
        if (archive_write_header(writer_.get(), entry) < ARCHIVE_WARN)
            return trouble(writer_.get(), "cannot be unpacked");
        if (archive_entry_size(entry) > 0) {
            const void* bytes = nullptr;
            std::size_t count = 0;
            la_int64_t offset = 0;
            int status = ARCHIVE_OK;
            while ((status = archive_read_data_block(reader_.get(), &bytes, &count, &offset)) == ARCHIVE_OK) {
                SF_CHECK(stop.check());
                if (archive_write_data_block(writer_.get(), bytes, count, offset) < ARCHIVE_WARN)
                    return trouble(writer_.get(), "cannot be unpacked");
            }
            if (status < ARCHIVE_WARN)
                return trouble(reader_.get(), "cannot be read");
        }
        return archive_write_finish_entry(writer_.get()) < ARCHIVE_WARN ? trouble(writer_.get(), "cannot be unpacked")
                                                                        : util::Status();
    }

    stdfs::path file_;
    stdfs::path rootfs_;
    Reader reader_{archive_read_new()};
    Writer writer_{archive_write_disk_new()};
    std::set<stdfs::path> own_; ///< what this layer has brought
};

} // namespace

util::Status copy_system(const stdfs::path& from, const stdfs::path& rootfs, const util::StopToken& stop)
{
    constexpr std::size_t quoted_lines = 5;
    constexpr const char* script = R"sh(set -e
from=$1 to=$2
shift 2
cd "$from"
tar --create --one-file-system --numeric-owner --file - "$@" . | tar --extract --file - --numeric-owner \
    --same-permissions $owner --directory "$to")sh";
    util::Command command;
    command.argv = {"/bin/bash", "-o", "pipefail", "-c", script, "copy", from.string(), rootfs.string()};
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
    return {};
}

util::Status unpack_system(const stdfs::path& archive, const stdfs::path& rootfs, const util::StopToken& stop)
{
    return Unpacking(archive, rootfs).run(stop);
}

} // namespace sf::image
