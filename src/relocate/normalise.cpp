#include "relocate/normalise.hpp"

#include "relocate/elf.hpp"
#include "relocate/rewrite.hpp"
#include "relocate/slices.hpp"
#include "relocate/text_files.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>

namespace sf::relocate {

namespace {

namespace stdfs = std::filesystem;

/// Where packages are unpacked and built inside the sandbox; nothing of it exists where the layer is used.
constexpr const char* build_directory = "/build";

constexpr mode_t setuid_or_setgid = 06000;

/// What is read of a file whose text is rewritten, and of others.
constexpr std::uint64_t most_rewritten = std::uint64_t{16} << 20U;
constexpr std::uint64_t most_first_line = 4096;

/// Carries one request through its steps.
class Normaliser {
public:
    explicit Normaliser(const NormaliseRequest& request) : request_(request) {}
    util::Result<SliceTrees> run();

private:
    [[nodiscard]] tl::unexpected<util::Error> refuse(const util::TreeEntry& entry, std::string_view what,
                                                     std::string hint) const;
    [[nodiscard]] util::Status check_kind(const util::TreeEntry& entry) const;
    [[nodiscard]] util::Status clear_overlay_attributes(const util::TreeEntry& entry) const;
    [[nodiscard]] util::Status detach_hard_link(const util::TreeEntry& entry) const;
    [[nodiscard]] util::Status relocate_link(const util::TreeEntry& entry) const;
    [[nodiscard]] util::Status relocate_text(const util::TreeEntry& entry) const;
    [[nodiscard]] util::Result<stdfs::path> debug_place(const util::TreeEntry& entry) const;
    [[nodiscard]] util::Status take(const util::TreeEntry& entry);
    [[nodiscard]] util::Status move(const util::TreeEntry& entry, const stdfs::path& to);

    const NormaliseRequest& request_;
    SliceTrees slices_;
    std::set<stdfs::path> made_;         ///< directories below the output that are there
    std::set<stdfs::path> has_contents_; ///< directories of the tree, by relative path
};

tl::unexpected<util::Error> Normaliser::refuse(const util::TreeEntry& entry, std::string_view what,
                                               std::string hint) const
{
    return util::fail(util::ErrorCode::build,
                      fmt::format("{}: {}/{} {}", request_.package, request_.prefix, entry.relative.string(), what),
                      std::move(hint));
}

util::Status Normaliser::check_kind(const util::TreeEntry& entry) const
{
    constexpr const char* leave_out = "have the recipe's install step leave it out";
    switch (entry.type) {
    case stdfs::file_type::directory:
    case stdfs::file_type::symlink:
        return {};
    case stdfs::file_type::regular:
        if ((entry.mode & setuid_or_setgid) != 0)
            return refuse(entry, "is setuid or setgid", leave_out);
        return {};
    case stdfs::file_type::character: {
        struct stat status = {};
        if (::lstat((request_.tree / entry.relative).c_str(), &status) == 0 && status.st_rdev == 0)
            return refuse(entry, "was deleted: the file belongs to a dependency",
                          "have the recipe's install step leave the files of other packages alone");
        return refuse(entry, "is a device", leave_out);
    }
    case stdfs::file_type::block:
        return refuse(entry, "is a device", leave_out);
    default:
        return refuse(entry, "is a socket or a pipe", leave_out);
    }
}

/// Overlay file systems keep notes in extended attributes; in a lower directory they would change what is seen.
util::Status Normaliser::clear_overlay_attributes(const util::TreeEntry& entry) const
{
    const auto path = request_.tree / entry.relative;
    std::array<char, 4096> names{};
    const auto size = ::llistxattr(path.c_str(), names.data(), names.size());
    if (size < 0 && errno != ENOTSUP)
        return util::fail_errno(errno, fmt::format("cannot list the attributes of {}", path.string()));
    if (size <= 0)
        return {};
    for (const auto& name : util::split(std::string_view(names.data(), static_cast<std::size_t>(size)), '\0')) {
        if (!name.starts_with("trusted.overlay.") && !name.starts_with("user.overlay."))
            continue;
        if (name.ends_with(".whiteout"))
            return refuse(entry, "was deleted: the file belongs to a dependency",
                          "have the recipe's install step leave the files of other packages alone");
        if (name.ends_with(".redirect") || name.ends_with(".metacopy"))
            return refuse(entry, "was renamed or changed in place: it belongs to a dependency",
                          "have the recipe's install step leave the files of other packages alone");
        if (::lremovexattr(path.c_str(), name.c_str()) != 0)
            return util::fail_errno(errno, fmt::format("cannot remove {} from {}", name, path.string()));
    }
    return {};
}

/// Two names of one file may need different RUNPATHs. Each gets a copy, so that the next finds the file as installed.
util::Status Normaliser::detach_hard_link(const util::TreeEntry& entry) const
{
    const auto path = request_.tree / entry.relative;
    auto copy = path;
    copy += ".sf-copy";
    std::error_code error;
    stdfs::copy_file(path, copy, error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot copy {}", path.string()));
    return util::rename_path(copy, path);
}

util::Status Normaliser::relocate_link(const util::TreeEntry& entry) const
{
    const stdfs::path target = entry.link_target;
    const auto directory = stdfs::path(request_.prefix) / entry.relative.parent_path();
    const auto inside = below_prefix(directory / target, request_.prefix);
    if (!inside && below_prefix(target, build_directory))
        return refuse(entry, fmt::format("is a link into the build directory: {}", entry.link_target),
                      "have the recipe's install step copy the file");
    if (!inside && target.is_relative())
        return refuse(entry, fmt::format("is a relative link that leads out of the prefix: {}", entry.link_target),
                      "have the recipe's install step make it absolute, or leave it out");
    if (!inside || target.is_relative())
        return {};
    const auto path = request_.tree / entry.relative;
    const auto relative = (stdfs::path(request_.prefix) / *inside).lexically_normal().lexically_relative(directory);
    std::error_code error;
    stdfs::remove(path, error);
    if (!error)
        stdfs::create_symlink(relative, path, error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot replace the link {}", path.string()));
    return {};
}

util::Status Normaliser::relocate_text(const util::TreeEntry& entry) const
{
    const auto path = request_.tree / entry.relative;
    const auto extension = entry.relative.extension();
    const bool rewritten = extension == ".pc" || extension == ".cmake";
    if (rewritten && entry.size > most_rewritten)
        return refuse(entry, fmt::format("has {}, which no such file needs", util::human_bytes(entry.size)),
                      "have the recipe's install step leave it out");
    SF_TRY(const auto text, util::read_foreign_start(path, rewritten ? most_rewritten : most_first_line));
    if (const auto interpreter = interpreter_of(text);
        interpreter && (below_prefix(*interpreter, request_.prefix) || below_prefix(*interpreter, build_directory)))
        return refuse(entry, fmt::format("is a script for {}, which is not there once the tree is moved", *interpreter),
                      "have the recipe use #!/usr/bin/env, or drop the script");
    std::string relocated;
    if (extension == ".pc")
        relocated = relocate_pkgconfig(text, request_.prefix, entry.relative);
    else if (extension == ".cmake")
        relocated = relocate_cmake(text, request_.prefix, entry.relative);
    else
        return {};
    if (relocated == text)
        return {};
    FileEdit edit(path);
    SF_CHECK(edit.open());
    return edit.replace_contents(relocated);
}

/// lib/debug/.build-id/xx/rest.debug, where debuggers look.
util::Result<stdfs::path> Normaliser::debug_place(const util::TreeEntry& entry) const
{
    constexpr std::size_t directory_digits = 2;
    if (entry.type != stdfs::file_type::regular)
        return refuse(entry, "is a link among debug information", "have the recipe's install step leave it out");
    SF_TRY(const auto info, read_elf(request_.tree / entry.relative));
    if (!info || info->build_id.size() <= directory_digits)
        return refuse(entry, "has no build-id", "link the package with -Wl,--build-id");
    return stdfs::path("lib/debug/.build-id") / info->build_id.substr(0, directory_digits) /
           (info->build_id.substr(directory_digits) + ".debug");
}

util::Status Normaliser::move(const util::TreeEntry& entry, const stdfs::path& to)
{
    if (made_.insert(to.parent_path()).second)
        SF_CHECK(util::make_directories(to.parent_path()));
    return util::rename_path(request_.tree / entry.relative, to);
}

util::Status Normaliser::take(const util::TreeEntry& entry)
{
    SF_CHECK(clear_overlay_attributes(entry));
    if (entry.type == stdfs::file_type::directory) {
        // The others are made when something is put into them.
        if (!has_contents_.contains(entry.relative) && slice_of(entry, false, request_.rules) == Slice::run)
            return util::make_directories(slices_.run / entry.relative);
        return {};
    }
    const bool regular = entry.type == stdfs::file_type::regular;
    bool is_elf = false;
    if (regular) {
        SF_TRY(const auto info, read_elf(request_.tree / entry.relative));
        is_elf = info.has_value();
    }
    const auto slice = slice_of(entry, is_elf, request_.rules);
    if (slice == Slice::drop)
        return {};
    SF_CHECK(check_kind(entry));
    if (slice == Slice::debug) {
        SF_TRY(const auto place, debug_place(entry));
        return move(entry, slices_.debug / place);
    }
    if (regular && entry.link_count > 1)
        SF_CHECK(detach_hard_link(entry));
    if (!regular)
        SF_CHECK(relocate_link(entry));
    else if (is_elf)
        SF_CHECK(relocate_runpath(request_.tree / entry.relative, request_.prefix, entry.relative));
    else
        SF_CHECK(relocate_text(entry));
    return move(entry, (slice == Slice::dev ? slices_.dev : slices_.run) / entry.relative);
}

util::Result<SliceTrees> Normaliser::run()
{
    slices_ = {request_.output / "run", request_.output / "dev", request_.output / "debug"};
    for (const auto& slice : {slices_.run, slices_.dev, slices_.debug})
        SF_CHECK(util::make_directories(slice));
    SF_TRY(const auto entries, util::walk_tree(request_.tree));
    for (const auto& entry : entries) {
        has_contents_.insert(entry.relative.parent_path());
        // A deleted file of a dependency is an error wherever it was.
        if (entry.type == stdfs::file_type::character)
            SF_CHECK(check_kind(entry));
    }
    for (const auto& entry : entries)
        if (auto taken = take(entry); !taken)
            return util::fail(std::move(taken).error(), fmt::format("dividing what {} installed", request_.package));
    return slices_;
}

} // namespace

util::Result<SliceTrees> normalise(const NormaliseRequest& request)
{
    return Normaliser(request).run();
}

} // namespace sf::relocate
