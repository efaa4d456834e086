#include "bundle/contents.hpp"

#include "bundle/manifest.hpp"
#include "manifest/manifest.hpp"
#include "store/layer_store.hpp"
#include "tar/extraction.hpp"
#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"

#include <archive_entry.h>

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace sf::bundle {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

constexpr unsigned any_execute = S_IXUSR | S_IXGRP | S_IXOTH;

std::string link_content(const std::string& target)
{
    return "-> " + target;
}

void take_manifest(manifest::Manifest manifest, Contents& contents)
{
    contents.name = manifest.name;
    contents.target = manifest.target;
    contents.image = manifest.image;
    for (const auto& package : manifest.packages)
        contents.packages[package.name] = {package.version, variants_text(package.variants), package.bytes,
                                           package.run_layer};
    contents.manifest = std::move(manifest);
}

/// The path below the tarball's top; nullopt for the top itself and what lies elsewhere.
std::optional<std::string> place_in_tree(const char* name)
{
    const auto path = stdfs::path(name == nullptr ? "" : name).lexically_normal();
    if (path.empty() || *path.begin() != store::layer_top)
        return std::nullopt;
    auto place = path.lexically_relative(store::layer_top).string();
    if (place.empty() || place == ".")
        return std::nullopt;
    return place;
}

Result<Contents> read_tarball(const stdfs::path& path, const util::StopToken& stop)
{
    SF_TRY(auto archive, tar::Extraction::open(path, 0, tar::Filters::own));
    Contents contents;
    std::string text;
    for (;;) {
        SF_TRY(auto* const entry, archive.next());
        if (entry == nullptr)
            break;
        const auto place = place_in_tree(archive_entry_pathname(entry));
        if (!place || archive_entry_filetype(entry) == AE_IFDIR)
            continue;
        if (archive_entry_filetype(entry) == AE_IFLNK) {
            const char* target = archive_entry_symlink(entry);
            contents.files[*place] = {false, 0, link_content(target == nullptr ? "" : target)};
            continue;
        }
        util::Sha256 hash;
        std::uint64_t bytes = 0;
        const bool is_manifest = *place == manifest::place;
        SF_CHECK(archive.read(
            [&](std::string_view piece) {
                hash.update(piece);
                bytes += piece.size();
                if (is_manifest && text.size() <= manifest::longest) // one byte more, and it is refused
                    text += piece.substr(0, manifest::longest + 1 - text.size());
            },
            stop));
        const auto executable = (static_cast<unsigned>(archive_entry_perm(entry)) & any_execute) != 0;
        contents.files[*place] = {executable, bytes, hash.finish().to_hex()};
    }
    if (text.empty())
        return contents;
    auto manifest = manifest::parse(text);
    if (!manifest)
        return util::fail(std::move(manifest).error(), fmt::format("reading {}", path.string()));
    take_manifest(std::move(*manifest), contents);
    return contents;
}

Result<Contents> read_tree(const stdfs::path& root, const util::StopToken& stop)
{
    SF_TRY(const auto entries, util::walk_tree(root));
    Contents contents;
    for (const auto& entry : entries) {
        SF_CHECK(stop.check());
        if (entry.type == stdfs::file_type::symlink)
            contents.files[entry.relative.string()] = {false, 0, link_content(entry.link_target)};
        if (entry.type != stdfs::file_type::regular)
            continue;
        SF_TRY(const auto digest, util::sha256_file(root / entry.relative));
        contents.files[entry.relative.string()] = {(entry.mode & any_execute) != 0, entry.size, digest.to_hex()};
    }
    SF_TRY(auto manifest, manifest::find(root));
    if (manifest)
        take_manifest(std::move(*manifest), contents);
    return contents;
}

} // namespace

Result<Contents> read_contents(const stdfs::path& path, const util::StopToken& stop)
{
    std::error_code error;
    if (!stdfs::exists(path, error))
        return util::fail(ErrorCode::usage, fmt::format("there is no {}", path.string()),
                          "name a *-software.tar.gz or .tar.zst, or the directory it was unpacked to");
    const bool is_tree = stdfs::is_directory(path, error);
    SF_TRY(auto contents, is_tree ? read_tree(path, stop) : read_tarball(path, stop));
    if (contents.files.empty())
        return util::fail(ErrorCode::verify, fmt::format("{} is not a bundle: it has no files", path.string()),
                          "name a *-software.tar.gz or .tar.zst, or the directory it was unpacked to");
    return contents;
}

} // namespace sf::bundle
