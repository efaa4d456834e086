// A repository of an OCI registry (https://github.com/opencontainers/distribution-spec, spec.md). Private to `cache`.
//
// An entry is an image whose tag is its key, in hexadecimal. Its signature is an image of its own, tagged
// "sha256-MANIFEST.minisig" (".asc" for OpenPGP), with the signature as its only layer and the signed manifest as its
// subject: putting it into the signed manifest would change what was signed.
#pragma once

#include "cache/remote/authentication.hpp"
#include "cache/remote/remote.hpp"
#include "cache/remote/web.hpp"

#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace sf::cache {

/// What an address of a registry begins with.
inline constexpr const char* registry_scheme = "oci://";
/// The most that is read of an answer that is no blob.
inline constexpr std::size_t longest_registry_answer = std::size_t{4} << 20U;

/// "oci://host[:port]/repository[?plain-http]" taken apart.
struct RegistryAddress {
    std::string registry;   ///< "host[:port]"
    std::string repository; ///< "group/name"
    bool plain_http = false;

    /// Error usage; what may be a password is not in the message.
    [[nodiscard]] static util::Result<RegistryAddress> parse(const std::string& where);
    /// "https://host[:port]"
    [[nodiscard]] std::string origin() const;
};

class Registry : public Remote {
public:
    Registry(RegistryAddress address, RemoteOptions options) :
        address_(std::move(address)), options_(std::move(options))
    {
    }

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
    /// An upload under way.
    struct Session {
        std::string location;
        std::uint64_t offset = 0; ///< bytes that the registry has
    };

    [[nodiscard]] std::string url(std::string_view rest) const;
    [[nodiscard]] util::Result<std::set<std::string>> tags(const util::StopToken& stop);
    [[nodiscard]] RunRequest runner(const util::StopToken& stop);
    [[nodiscard]] Outcome run(http::Request request, http::BodySink& sink, const util::StopToken& stop);
    [[nodiscard]] tl::expected<void, http::Failure> log_in(const std::vector<std::string>& challenges,
                                                           const util::StopToken& stop);
    [[nodiscard]] tl::expected<std::string, http::Failure>
    get_token(const Challenge& challenge, const std::optional<Credential>& credential, const util::StopToken& stop);

    [[nodiscard]] util::Result<std::optional<std::string>> get(const std::string& request_url, const char* accept,
                                                               std::size_t limit, std::string_view doing,
                                                               const util::StopToken& stop);
    [[nodiscard]] util::Status put_manifest(const std::string& tag, const std::string& text,
                                            const util::StopToken& stop);
    [[nodiscard]] util::Status put_blob(const BlobSource& blob, const util::StopToken& stop);
    [[nodiscard]] tl::expected<void, http::Failure> upload(const BlobSource& blob, const util::StopToken& stop);
    [[nodiscard]] tl::expected<Session, http::Failure> start_upload(const util::StopToken& stop);
    /// Where an upload stands, after something went wrong; nullopt when it is gone.
    [[nodiscard]] std::optional<Session> ask_offset(const Session& session, const util::StopToken& stop);
    [[nodiscard]] tl::expected<void, http::Failure> send_chunks(const BlobSource& blob, Session& session,
                                                                const util::StopToken& stop);
    [[nodiscard]] tl::expected<Session, http::Failure> send_chunk(const BlobSource& blob, const Session& session,
                                                                  const util::StopToken& stop);
    [[nodiscard]] tl::expected<void, http::Failure> end_upload(const BlobSource& blob, const Session& session,
                                                               const util::StopToken& stop);

    RegistryAddress address_;
    RemoteOptions options_;
    Connections connections_;
    std::mutex mutex_;
    std::string authorization_; ///< value of the header, once a challenge was answered
};

} // namespace sf::cache
