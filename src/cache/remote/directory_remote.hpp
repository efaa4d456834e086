// A binary cache in a directory, local or mounted. Private to `cache`.
#pragma once

#include "cache/oci/layout.hpp"
#include "cache/remote/remote.hpp"

namespace sf::cache {

class DirectoryRemote : public Remote {
public:
    explicit DirectoryRemote(std::filesystem::path root) : layout_(std::move(root)) {}

    [[nodiscard]] std::string name() const override { return layout_.root().string(); }
    [[nodiscard]] util::Result<std::optional<Found>> find(const util::Digest& key,
                                                          const util::StopToken& stop) override;
    [[nodiscard]] util::Status fetch_blob(const Descriptor& blob, const std::filesystem::path& file,
                                          const util::StopToken& stop, const OnProgress& on_progress) override;
    [[nodiscard]] util::Status push(const Packed& packed, const std::string& signature,
                                    const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::optional<std::string>> find_image(const std::string& tag,
                                                                      const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::string> get_manifest(const Descriptor& manifest,
                                                         const util::StopToken& stop) override;
    [[nodiscard]] util::Status push_image(const PackedImage& image, const util::StopToken& stop) override;
    [[nodiscard]] util::Result<bool> keep(const Packed& packed, const util::StopToken& stop) override;
    [[nodiscard]] util::Result<bool> has_whole(const std::vector<Descriptor>& blobs,
                                               const util::StopToken& stop) override;
    [[nodiscard]] util::Status finish(const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::vector<util::Digest>> list(const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::vector<std::string>> list_images(const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::optional<std::string>> find_signature(const util::Digest& manifest, Scheme scheme,
                                                                          const util::StopToken& stop) override;
    [[nodiscard]] util::Status put_signature(const Descriptor& manifest, const std::string& signature,
                                             const util::StopToken& stop) override;

private:
    /// Blobs that are not there yet, then the manifest.
    [[nodiscard]] util::Status put_blobs(const std::vector<BlobSource>& blobs, const Descriptor& manifest,
                                         const std::string& text, const util::StopToken& stop);

    Layout layout_;
};

} // namespace sf::cache
