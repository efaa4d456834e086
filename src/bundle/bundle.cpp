#include "bundle/bundle.hpp"

#include "bundle/manifest.hpp"
#include "bundle/members.hpp"
#include "bundle/output_file.hpp"
#include "bundle/provenance.hpp"
#include "bundle/sbom.hpp"
#include "manifest/manifest.hpp"
#include "store/tar_member.hpp"
#include "util/files/fs.hpp"

#include <algorithm>
#include <map>

namespace sf::bundle {

namespace {

/// What decides the bytes besides the request: changes whenever this module writes something else for the same one.
constexpr const char* format_name = "slurm-factory bundle 5\n";

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

/// What writing needs to know of one slice of every package.
struct Slices {
    std::vector<store::LayerInfo> infos; ///< in the order of the packages
    std::uint64_t gz_bytes = 0;
};

util::Result<Slices> slices_of(const BundleRequest& request, const store::LayerStore& layers, Kind kind)
{
    Slices slices;
    for (const auto& package : request.packages) {
        const auto& set = package.layers;
        auto info = layers.info(kind == Kind::dev ? set.dev : kind == Kind::debug ? set.debug : set.run);
        if (!info)
            return util::fail(std::move(info).error(), fmt::format("packing {}", package.name));
        slices.gz_bytes += info->gz_bytes;
        slices.infos.push_back(*info);
    }
    return slices;
}

/// Writes one bundle.
class Writer {
public:
    Writer(const BundleRequest& request, const store::LayerStore& layers, const Bundle& present,
           const util::StopToken& stop) :
        request_(request),
        layers_(layers), present_(present), stop_(stop)
    {
    }

    [[nodiscard]] util::Result<Bundle> write()
    {
        const auto all = outputs(request_);
        SF_CHECK(look(all));
        Bundle bundle;
        for (const auto& output : all) {
            if (const auto* there = find_present(output)) {
                bundle.push_back(*there);
                continue;
            }
            SF_TRY(auto artifact, write(output, bundle));
            bundle.push_back(std::move(artifact));
        }
        return bundle;
    }

private:
    /// Learns what the slices are, and whether there is room for them.
    [[nodiscard]] util::Status look(const std::vector<Output>& all)
    {
        SF_TRY(slices_[Kind::software], slices_of(request_, layers_, Kind::software));
        std::uint64_t bytes = 0;
        for (const auto& output : all) {
            if (output.kind > Kind::debug || find_present(output) != nullptr)
                continue;
            SF_TRY(slices_[output.kind], slices_of(request_, layers_, output.kind));
            bytes += slices_[output.kind].gz_bytes; // a .tar.zst takes less
        }
        SF_CHECK(util::make_directories(request_.output));
        SF_CHECK(util::require_space(request_.output, bytes, "the tarballs"));
        manifest_ = manifest_text(request_, slices_[Kind::software].infos);
        return {};
    }

    [[nodiscard]] const Artifact* find_present(const Output& output) const
    {
        const auto there = std::find_if(present_.begin(), present_.end(),
                                        [&output](const Artifact& artifact) { return artifact.path == output.path; });
        return there == present_.end() ? nullptr : &*there;
    }

    [[nodiscard]] util::Result<Artifact> write(const Output& output, const Bundle& before) const
    {
        OutputFile file(output.path, request_.signature_suffixes);
        SF_CHECK(file.open());
        SF_CHECK(fill(file, output, before));
        return file.commit(output.kind);
    }

    [[nodiscard]] util::Status fill(OutputFile& file, const Output& output, const Bundle& before) const
    {
        switch (output.kind) {
        case Kind::software:
        case Kind::dev:
        case Kind::debug:
            return fill_layers(file, output);
        case Kind::module:
            return fill_module(file);
        case Kind::manifest:
            return file.append(manifest_);
        case Kind::spdx:
            return file.append(spdx_text(request_));
        case Kind::cyclonedx:
            return file.append(cyclonedx_text(request_));
        case Kind::provenance:
            return file.append(provenance_text(request_, before));
        }
        return {};
    }

    [[nodiscard]] util::Status fill_layers(OutputFile& file, const Output& output) const
    {
        SF_TRY(const auto files, members(request_, output.archive, slices_.at(output.kind).infos, layers_, stop_));
        for (const auto& member : files)
            SF_CHECK(file.append_file(member));
        const auto coding = output.archive == Archive::gz ? store::Coding::gzip : store::Coding::zstd;
        if (output.kind == Kind::software)
            SF_CHECK(append_text(file, std::filesystem::path(store::layer_top) / manifest::place, manifest_, coding));
        SF_TRY(const auto end, store::archive_end(coding));
        return file.append(end);
    }

    [[nodiscard]] util::Status fill_module(OutputFile& file) const
    {
        SF_TRY(auto tar, store::TarMember::create(into(file), store::ArchiveEnd::written));
        for (const auto& [name, text] : module_files(request_))
            SF_CHECK(tar.add_bytes(name, text));
        SF_CHECK(tar.finish());
        return {};
    }

    const BundleRequest& request_;
    const store::LayerStore& layers_;
    const Bundle& present_;
    const util::StopToken& stop_;
    std::map<Kind, Slices> slices_;
    std::string manifest_;
};

/// That of all outputs but the SBOMs and the provenance.
util::Digest common_key(const BundleRequest& request)
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

void add_tarballs(std::vector<Output>& all, const BundleRequest& request, Kind kind, const char* name,
                  const util::Digest& key)
{
    for (const auto archive : request.archives)
        all.push_back({kind, archive, request.output / (request.name + name + suffix_of(archive)), key});
}

} // namespace

std::vector<Output> outputs(const BundleRequest& request)
{
    const auto key = common_key(request);
    std::vector<Output> all;
    add_tarballs(all, request, Kind::software, "-software", key);
    if (request.extras.contains(Extra::dev))
        add_tarballs(all, request, Kind::dev, "-dev", key);
    if (request.extras.contains(Extra::debug))
        add_tarballs(all, request, Kind::debug, "-debug", key);
    const auto add = [&](Kind kind, const char* name, const util::Digest& its_key) {
        all.push_back({kind, Archive::gz, request.output / (request.name + name), its_key});
    };
    add(Kind::module, "-module.tar.gz", key);
    util::Sha256 subjects; // provenance is of these files and of no others
    subjects.update(key.to_hex() + "\n" + request.asked + "\n");
    for (const auto& tarball : all)
        subjects.update(tarball.path.filename().string() + "\n");
    const auto sbom_key = util::sha256(key.to_hex() + sbom_identity(request).to_hex());
    add(Kind::manifest, "-manifest.json", key);
    add(Kind::spdx, "-sbom.spdx.json", sbom_key);
    add(Kind::cyclonedx, "-sbom.cdx.json", sbom_key);
    add(Kind::provenance, "-provenance.json", subjects.finish());
    return all;
}

util::Result<Bundle> write_bundle(const BundleRequest& request, const store::LayerStore& layers, const Bundle& present,
                                  const util::StopToken& stop)
{
    return Writer(request, layers, present, stop).write();
}

} // namespace sf::bundle
