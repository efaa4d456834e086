// Where entries of a binary cache are kept: a directory, a web server, an OCI registry.
#pragma once

#include "cache/oci/entry.hpp"
#include "cache/oci/pack.hpp"
#include "cache/oci/run_image.hpp"
#include "cache/signature/signature.hpp"
#include "http/request.hpp"
#include "http/retry.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sf::cache {

/// What a key names. Nothing in it may be trusted before its signature was verified (cache/trust.hpp).
struct Found {
    CacheEntry entry; ///< of the key that was asked for
    util::Digest manifest;
};

/// Called from the transferring thread, often.
using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Thread-safe: several blobs may be on their way at once. No message of an error holds a password or token. Errors:
/// source when the remote cannot be reached or refuses, so that nothing else is to be had from it either; verify when
/// what it has of this one thing is no entry, is missing, or is not the promised bytes; usage when it cannot do that;
/// no_space, permission, interrupted.
class Remote {
public:
    Remote() = default;
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;
    virtual ~Remote() = default;

    /// For messages.
    [[nodiscard]] virtual std::string name() const = 0;

    [[nodiscard]] virtual util::Result<std::optional<Found>> find(const util::Digest& key,
                                                                  const util::StopToken& stop) = 0;

    /// Gets a blob into `file`, checking size and digest. Bytes that are in the file already are taken for the
    /// beginning; what came before a failure that may pass is kept for the next call.
    [[nodiscard]] virtual util::Status fetch_blob(const Descriptor& blob, const std::filesystem::path& file,
                                                  const util::StopToken& stop, const OnProgress& on_progress) = 0;

    /// Puts an entry there: blobs that it lacks, the signature (unless empty), and last the manifest under its key,
    /// which then names this entry and no other.
    [[nodiscard]] virtual util::Status push(const Packed& packed, const std::string& signature,
                                            const util::StopToken& stop) = 0;
    /// Puts an image there under its tag, which then names this one and no other: blobs that it lacks, then the
    /// manifest.
    [[nodiscard]] virtual util::Status push_image(const PackedImage& image, const util::StopToken& stop) = 0;
    /// The manifest of an image, by its tag. What it names must be checked as an entry's is.
    [[nodiscard]] virtual util::Result<std::optional<std::string>> find_image(const std::string& tag,
                                                                              const util::StopToken& stop) = 0;
    /// The manifest with that digest, such as an index of images names.
    [[nodiscard]] virtual util::Result<std::string> get_manifest(const Descriptor& manifest,
                                                                 const util::StopToken& stop) = 0;
    /// Instead of a push, where the remote has that manifest under the key: it is as good as new. False where blobs of
    /// it are missing or damaged, so that it must be pushed all the same; registries see to that themselves.
    [[nodiscard]] virtual util::Result<bool> keep(const Packed& /*packed*/, const util::StopToken& /*stop*/)
    {
        return true;
    }
    /// Whether these blobs of an image that the remote has are there and whole; registries see to that themselves.
    [[nodiscard]] virtual util::Result<bool> has_whole(const std::vector<Descriptor>& /*blobs*/,
                                                       const util::StopToken& /*stop*/)
    {
        return true;
    }
    /// After the last push: makes the entries known to other tools.
    [[nodiscard]] virtual util::Status finish(const util::StopToken& stop) = 0;

    /// The keys of all entries.
    [[nodiscard]] virtual util::Result<std::vector<util::Digest>> list(const util::StopToken& stop) = 0;

    /// The tags of all images.
    [[nodiscard]] virtual util::Result<std::vector<std::string>> list_images(const util::StopToken& stop) = 0;

    /// The text of a manifest's signature of that scheme.
    [[nodiscard]] virtual util::Result<std::optional<std::string>>
    find_signature(const util::Digest& manifest, Scheme scheme, const util::StopToken& stop) = 0;
    [[nodiscard]] virtual util::Status put_signature(const Descriptor& manifest, const std::string& signature,
                                                     const util::StopToken& stop) = 0;
};

struct RemoteOptions {
    http::Timing timing{.connect_timeout = std::chrono::seconds(10), .stall_timeout = std::chrono::seconds(60)};
    http::Retry retry{};
    /// Docker-style config.json files with credentials, first match wins.
    std::vector<std::filesystem::path> credential_files;
    std::size_t chunk_bytes = std::size_t{16} << 20U; ///< of an upload to a registry; that much memory for each
};

/// $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json, ~/.docker/config.json, $XDG_RUNTIME_DIR/containers/auth.json.
[[nodiscard]] std::vector<std::filesystem::path> default_credential_files();

/// `where`: a directory ("/path", "file:///path"), a layout on a web server ("https://host/path", to read from), or
/// "oci://host[:port]/repository" (https; http for the loopback, and with "?plain-http"). Connects to nothing. Errors:
/// usage, for anything else.
[[nodiscard]] util::Result<std::unique_ptr<Remote>> open_remote(const std::string& where, RemoteOptions options);

} // namespace sf::cache
