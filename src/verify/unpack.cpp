#include "verify/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>

namespace sf::verify {

namespace {

namespace stdfs = std::filesystem;

constexpr const char* top_directory = "software";
struct FreeReader {
    void operator()(archive* handle) const { archive_read_free(handle); }
};
struct FreeWriter {
    void operator()(archive* handle) const { archive_write_free(handle); }
};

/// The path below the top directory ("." for itself), or nullopt when the entry lies elsewhere.
std::optional<stdfs::path> place_in_tree(const char* name)
{
    const stdfs::path path = name == nullptr ? "" : name;
    if (path.empty() || path.is_absolute() || *path.begin() != top_directory)
        return std::nullopt;
    if (std::find(path.begin(), path.end(), "..") != path.end())
        return std::nullopt;
    return path.lexically_relative(top_directory).lexically_normal();
}

class Unpacker {
public:
    Unpacker(stdfs::path tarball, stdfs::path directory) :
        tarball_(std::move(tarball)), directory_(std::move(directory))
    {
    }

    util::Result<std::vector<Finding>> run();

private:
    /// Space and permission have codes of their own, whichever side met them.
    [[nodiscard]] tl::unexpected<util::Error> error(archive* handle, std::string_view doing) const;
    [[nodiscard]] util::Status open();
    [[nodiscard]] util::Status take(archive_entry* entry);
    [[nodiscard]] util::Status copy_data();

    stdfs::path tarball_;
    stdfs::path directory_;
    std::unique_ptr<archive, FreeReader> reader_{archive_read_new()};
    std::unique_ptr<archive, FreeWriter> writer_{archive_write_disk_new()};
    std::vector<Finding> findings_;
};

tl::unexpected<util::Error> Unpacker::error(archive* handle, std::string_view doing) const
{
    const char* text = archive_error_string(handle);
    const auto message = fmt::format("cannot {} {}: {}", doing, tarball_.string(), text == nullptr ? "unknown" : text);
    const int number = archive_errno(handle);
    if (number == ENOSPC || number == EDQUOT || number == EACCES || number == EPERM)
        return util::fail_errno(number, message);
    return util::fail(util::ErrorCode::verify, message, "the file may be damaged; check its sha256");
}

util::Status Unpacker::open()
{
    constexpr std::size_t block = std::size_t{1} << 18U;
    archive_read_support_format_tar(reader_.get());
    // Not all filters: some of them run other programs on what they are given.
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    // SECURE_SYMLINKS refuses to write through a link that the archive itself made.
    archive_write_disk_set_options(writer_.get(), ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                                                      ARCHIVE_EXTRACT_SECURE_NODOTDOT);
    if (archive_read_open_filename(reader_.get(), tarball_.c_str(), block) != ARCHIVE_OK)
        return error(reader_.get(), "open");
    return {};
}

util::Status Unpacker::copy_data()
{
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    while (true) {
        const int code = archive_read_data_block(reader_.get(), &bytes, &size, &offset);
        if (code == ARCHIVE_EOF)
            return {};
        if (code < ARCHIVE_WARN)
            return error(reader_.get(), "read");
        if (archive_write_data_block(writer_.get(), bytes, size, offset) < ARCHIVE_WARN)
            return error(writer_.get(), "unpack");
    }
}

util::Status Unpacker::take(archive_entry* entry)
{
    const char* name = archive_entry_pathname(entry);
    const auto place = place_in_tree(name);
    if (!place)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("{} is no software tarball: the entry \"{}\" does not lie below {}/",
                                      tarball_.string(), name == nullptr ? "" : name, top_directory),
                          "name a *-software.tar.gz or .tar.zst, or a directory");
    const auto type = archive_entry_filetype(entry);
    const char* hard_link = archive_entry_hardlink(entry);
    if (hard_link == nullptr && type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK) {
        findings_.push_back({Finding::Kind::forbidden_file, place->string(), "a device, pipe or socket"});
        return {};
    }
    const auto mode = archive_entry_perm(entry);
    if (type == AE_IFREG && (mode & (S_ISUID | S_ISGID)) != 0)
        findings_.push_back({Finding::Kind::forbidden_file, place->string(), "setuid or setgid"});
    archive_entry_set_perm(entry, mode & 0777U);
    archive_entry_set_pathname(entry, (directory_ / top_directory / *place).c_str());
    if (hard_link != nullptr) {
        const auto target = place_in_tree(hard_link);
        if (!target) {
            findings_.push_back({Finding::Kind::forbidden_file, place->string(), "a hard link out of the tree"});
            return {};
        }
        archive_entry_set_hardlink(entry, (directory_ / top_directory / *target).c_str());
    }
    if (archive_write_header(writer_.get(), entry) < ARCHIVE_WARN)
        return error(writer_.get(), "unpack");
    SF_CHECK(copy_data());
    if (archive_write_finish_entry(writer_.get()) < ARCHIVE_WARN)
        return error(writer_.get(), "unpack");
    return {};
}

util::Result<std::vector<Finding>> Unpacker::run()
{
    SF_CHECK(open());
    while (true) {
        archive_entry* entry = nullptr;
        const int code = archive_read_next_header(reader_.get(), &entry);
        if (code == ARCHIVE_EOF)
            break;
        if (code < ARCHIVE_WARN)
            return error(reader_.get(), "read");
        SF_CHECK(take(entry));
    }
    if (archive_write_close(writer_.get()) != ARCHIVE_OK)
        return error(writer_.get(), "unpack");
    if (!stdfs::is_directory(directory_ / top_directory))
        return util::fail(util::ErrorCode::verify,
                          fmt::format("{} is no software tarball: it has no {}/", tarball_.string(), top_directory),
                          "name a *-software.tar.gz or .tar.zst, or a directory");
    return std::move(findings_);
}

} // namespace

util::Result<std::vector<Finding>> unpack(const stdfs::path& tarball, const stdfs::path& directory)
{
    return Unpacker(tarball, directory).run();
}

} // namespace sf::verify
