#include "bundle/contents.hpp"

#include "bundle/manifest.hpp"
#include "store/layer_store.hpp"
#include "tar/extraction.hpp"
#include "util/fs.hpp"
#include "util/sha256.hpp"

#include <archive_entry.h>
#include <nlohmann/json.hpp>

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

std::string text_of(const nlohmann::json& object, const char* key)
{
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::map<std::string, std::string> variants_of(const nlohmann::json& package)
{
    std::map<std::string, std::string> variants;
    if (const auto at = package.find("variants"); at != package.end() && at->is_object())
        for (const auto& [name, value] : at->items())
            variants[name] = value.is_string() ? value.get<std::string>() : value.dump();
    return variants;
}

Status parse_manifest(const std::string& text, const stdfs::path& path, Contents& contents)
{
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto packages = json.is_object() ? json.find("packages") : json.end();
    if (json.is_discarded() || packages == json.end() || !packages->is_array())
        return util::fail(ErrorCode::verify, fmt::format("{} in {} is no manifest", manifest_place, path.string()),
                          "the bundle may be damaged; compare its sha256");
    contents.name = text_of(json, "name");
    contents.target = text_of(json, "target");
    if (const auto image = json.find("image"); image != json.end() && image->is_object())
        contents.image = text_of(*image, "name");
    for (const auto& package : *packages) {
        if (!package.is_object())
            continue;
        Shipped shipped{text_of(package, "version"), variants_text(variants_of(package)), 0, {}};
        if (const auto bytes = package.find("bytes"); bytes != package.end() && bytes->is_number_unsigned())
            shipped.bytes = bytes->get<std::uint64_t>();
        if (const auto layers = package.find("layers"); layers != package.end() && layers->is_object())
            shipped.layer = text_of(*layers, "run");
        contents.packages[text_of(package, "name")] = std::move(shipped);
    }
    return {};
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
    std::string manifest;
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
        const bool is_manifest = *place == manifest_place;
        SF_CHECK(archive.read(
            [&](std::string_view piece) {
                hash.update(piece);
                bytes += piece.size();
                if (is_manifest)
                    manifest += piece;
            },
            stop));
        const auto executable = (static_cast<unsigned>(archive_entry_perm(entry)) & any_execute) != 0;
        contents.files[*place] = {executable, bytes, hash.finish().to_hex()};
    }
    if (!manifest.empty())
        SF_CHECK(parse_manifest(manifest, path, contents));
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
    if (contents.files.contains(manifest_place)) {
        SF_TRY(const auto text, util::read_file(root / manifest_place));
        SF_CHECK(parse_manifest(text, root, contents));
    }
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
        return util::fail(ErrorCode::verify, fmt::format("{} is no bundle: it has no files", path.string()),
                          "name a *-software.tar.gz or .tar.zst, or the directory it was unpacked to");
    return contents;
}

} // namespace sf::bundle
