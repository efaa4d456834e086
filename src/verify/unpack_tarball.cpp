#include "verify/unpack_tarball.hpp"

#include "tar/extraction.hpp"
#include "tar/shipped.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace sf::verify {

namespace {

namespace stdfs = std::filesystem;

constexpr const char* top_directory = "software";

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
    Unpacker(stdfs::path tarball, stdfs::path directory, bool setuid_allowed) :
        tarball_(std::move(tarball)), directory_(std::move(directory)), setuid_allowed_(setuid_allowed)
    {
    }

    util::Result<std::vector<Finding>> run();

private:
    /// Whether the entry is to be written, its name and mode being what they should be then.
    [[nodiscard]] util::Result<bool> take(archive_entry* entry);

    stdfs::path tarball_;
    stdfs::path directory_;
    bool setuid_allowed_;
    std::vector<Finding> findings_;
};

util::Result<bool> Unpacker::take(archive_entry* entry)
{
    const char* name = archive_entry_pathname(entry);
    const auto place = place_in_tree(name);
    if (!place)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("{} is not a software tarball: the entry \"{}\" does not lie below {}/",
                                      tarball_.string(), name == nullptr ? "" : name, top_directory),
                          "name a *-software.tar.gz or .tar.zst, or a directory");
    const auto type = archive_entry_filetype(entry);
    const char* hard_link = archive_entry_hardlink(entry);
    if (hard_link == nullptr && type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK) {
        findings_.push_back({Finding::Kind::forbidden_file, place->string(), "a device, pipe or socket"});
        return false;
    }
    const auto mode = archive_entry_perm(entry);
    // What the unpacked tree does not show.
    if (auto fault = tar::special_mode_fault(mode); fault && !setuid_allowed_)
        findings_.push_back({Finding::Kind::forbidden_file, place->string(), std::move(*fault)});
    if (auto fault = tar::owner_fault(entry))
        findings_.push_back({Finding::Kind::forbidden_file, place->string(), std::move(*fault)});
    archive_entry_set_perm(entry, mode & 0777U);
    archive_entry_set_pathname(entry, (directory_ / top_directory / *place).c_str());
    if (hard_link != nullptr) {
        const auto target = place_in_tree(hard_link);
        if (!target) {
            findings_.push_back({Finding::Kind::forbidden_file, place->string(), "a hard link out of the tree"});
            return false;
        }
        archive_entry_set_hardlink(entry, (directory_ / top_directory / *target).c_str());
    }
    return true;
}

util::Result<std::vector<Finding>> Unpacker::run()
{
    // SECURE_SYMLINKS refuses to write through a link that the archive itself made. No filters that run programs on
    // what they are given.
    constexpr int flags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT;
    SF_TRY(auto extraction, tar::Extraction::open(tarball_, flags, tar::Filters::own));
    for (;;) {
        SF_TRY(auto* const entry, extraction.next());
        if (entry == nullptr)
            break;
        SF_TRY(const bool wanted, take(entry));
        if (wanted)
            SF_CHECK(extraction.write(entry, util::StopToken()));
    }
    SF_CHECK(extraction.finish());
    std::error_code ignored; // then it is none
    if (!stdfs::is_directory(directory_ / top_directory, ignored))
        return util::fail(util::ErrorCode::verify,
                          fmt::format("{} is not a software tarball: it has no {}/", tarball_.string(), top_directory),
                          "name a *-software.tar.gz or .tar.zst, or a directory");
    return std::move(findings_);
}

} // namespace

util::Result<std::vector<Finding>> unpack(const stdfs::path& tarball, const stdfs::path& directory, bool setuid_allowed)
{
    return Unpacker(tarball, directory, setuid_allowed).run();
}

} // namespace sf::verify
