#include "bundle/bundle.hpp"

#include "bundle/manifest.hpp"
#include "bundle/members.hpp"
#include "bundle/output_file.hpp"
#include "store/tar_member.hpp"
#include "util/fs.hpp"

namespace sf::bundle {

namespace {

/// What decides the bytes besides the request: changes whenever this module writes something else for the same one.
constexpr const char* format_name = "slurm-factory bundle 3\n";

store::ByteSink into(OutputFile& file)
{
    return [&file](std::string_view bytes) { return file.append(bytes); };
}

const char* suffix_of(Archive archive)
{
    return archive == Archive::gz ? ".tar.gz" : ".tar.zst";
}

/// One file with the directories above it, as a member of its own.
util::Status append_text(OutputFile& file, const std::filesystem::path& path, std::string_view text,
                         store::Coding coding)
{
    SF_TRY(auto tar, store::TarMember::create(into(file), store::ArchiveEnd::left_out, coding));
    std::filesystem::path directory;
    for (const auto& part : path.parent_path()) {
        directory /= part;
        SF_CHECK(tar.add_directory(directory.string()));
    }
    SF_CHECK(tar.add_bytes(path.string(), text));
    SF_CHECK(tar.finish());
    return {};
}

util::Result<Artifact> write_software(const std::vector<std::filesystem::path>& members, Archive archive,
                                      const std::filesystem::path& path, std::string_view manifest)
{
    const auto coding = archive == Archive::gz ? store::Coding::gzip : store::Coding::zstd;
    OutputFile file(path);
    SF_CHECK(file.open());
    for (const auto& member : members)
        SF_CHECK(file.append_file(member));
    SF_CHECK(append_text(file, std::filesystem::path(store::layer_top) / manifest_place, manifest, coding));
    SF_TRY(auto end, store::TarMember::create(into(file), store::ArchiveEnd::written, coding));
    SF_CHECK(end.finish());
    return file.commit();
}

util::Result<Artifact> write_module(const Request& request, const std::filesystem::path& path)
{
    OutputFile file(path);
    SF_CHECK(file.open());
    SF_TRY(auto tar, store::TarMember::create(into(file), store::ArchiveEnd::written));
    for (const auto& [name, text] : module_files(request))
        SF_CHECK(tar.add_bytes(name, text));
    SF_CHECK(tar.finish());
    return file.commit();
}

util::Result<Artifact> write_manifest(const std::filesystem::path& path, std::string_view manifest)
{
    OutputFile file(path);
    SF_CHECK(file.open());
    SF_CHECK(file.append(manifest));
    return file.commit();
}

} // namespace

std::filesystem::path software_path(const Request& request, Archive archive)
{
    return request.output / (request.name + "-software" + suffix_of(archive));
}

util::Digest bundle_key(const Request& request)
{
    util::Sha256 hash;
    hash.update(std::string_view(format_name));
    hash.update(manifest_text(request, {}));
    for (const auto& [name, text] : module_files(request)) {
        hash.update(name + "\n");
        hash.update(text);
    }
    return hash.finish();
}

util::Result<Bundle> write_bundle(const Request& request, const store::LayerStore& layers, const util::StopToken& stop)
{
    std::vector<store::LayerInfo> runs;
    std::uint64_t size = 0;
    for (const auto& package : request.packages) {
        auto info = layers.info(package.layers.run);
        if (!info)
            return util::fail(std::move(info).error(), fmt::format("packing {}", package.name));
        size += info->gz_bytes * request.archives.size(); // a .tar.zst takes less
        runs.push_back(*info);
    }
    SF_CHECK(util::make_directories(request.output));
    SF_CHECK(util::require_space(request.output, size, "the software tarball"));
    const auto manifest = manifest_text(request, runs);
    std::vector<Artifact> software;
    for (const auto archive : request.archives) {
        SF_TRY(const auto files, members(request, archive, runs, layers, stop));
        SF_TRY(auto artifact, write_software(files, archive, software_path(request, archive), manifest));
        software.push_back(std::move(artifact));
    }
    SF_TRY(auto module, write_module(request, request.output / (request.name + "-module.tar.gz")));
    SF_TRY(auto list, write_manifest(request.output / (request.name + "-manifest.json"), manifest));
    return Bundle{std::move(software), std::move(module), std::move(list)};
}

} // namespace sf::bundle
