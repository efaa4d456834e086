// A layout that a web server shows, to read from. Private to `cache`.
#pragma once

#include "cache/oci/index.hpp"
#include "cache/remote/remote.hpp"
#include "cache/remote/web.hpp"

namespace sf::cache {

class HttpRemote : public Remote {
public:
    /// `base` without a slash at the end; a user name and password in it are used, and not shown.
    HttpRemote(std::string base, RemoteOptions options) : base_(std::move(base)), options_(std::move(options)) {}

    [[nodiscard]] std::string name() const override;
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
    [[nodiscard]] util::Status finish(const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::vector<util::Digest>> list(const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::vector<std::string>> list_images(const util::StopToken& stop) override;
    [[nodiscard]] util::Result<std::optional<std::string>> find_signature(const util::Digest& manifest, Scheme scheme,
                                                                          const util::StopToken& stop) override;
    [[nodiscard]] util::Status put_signature(const Descriptor& manifest, const std::string& signature,
                                             const util::StopToken& stop) override;

private:
    [[nodiscard]] RunRequest runner(const util::StopToken& stop);
    /// A small file of the layout; nullopt when it is not there.
    [[nodiscard]] util::Result<std::optional<std::string>> get(const std::string& place, std::size_t limit,
                                                               const util::StopToken& stop);
    /// Error failure: there is none.
    [[nodiscard]] util::Result<Index> index(const util::StopToken& stop);
    [[nodiscard]] tl::unexpected<util::Error> read_only() const;

    std::string base_;
    RemoteOptions options_;
    Connections connections_;
};

} // namespace sf::cache
