// A binary cache in a directory: an OCI image layout (https://github.com/opencontainers/image-spec, image-layout.md).
//
//   oci-layout                    {"imageLayoutVersion":"1.0.0"}
//   index.json                    every entry's manifest, named by its key: for skopeo, podman and the like
//   blobs/sha256/HEX              manifests, configs, layers
//   keys/HE/HEX                   one line, "sha256:MANIFEST SIZE": what the key names; for slurm-factory
//   signatures/MANIFEST.minisig   a manifest's signature, or .asc for OpenPGP
//   pending/HEX                   a key that index.json does not name yet
//   tmp/  index.lock  blobs.lock  used while writing
//
// Looking a key up opens keys/HE/HEX and one blob, however many entries there are; index.json is only read to be
// rewritten, once for all the entries of one push. Every file is put in its place with rename(2), blobs before files
// that name them, so readers see complete entries and a killed push leaves a valid layout: entries that it had not yet
// named in index.json are still in pending/, and the next push names them.
//
// Other writers of a shared directory may put anything in a file's place: only regular files are read, up to the size
// that their kind may have, and links are not followed.
//
// A prune does not remove files of a concurrent push: a push sets the time of each file that it relies on to now, or
// replaces it, under a shared lock, and a prune checks that time under the exclusive lock before it removes the file.
// index.lock is for keys and signatures, blobs.lock for blobs.
#pragma once

#include "cache/oci/blob.hpp"
#include "cache/oci/entry.hpp"
#include "cache/signature/signature.hpp"
#include "util/error.hpp"
#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::cache {

class Index;

/// What lies where, relative to the layout; the same over http.
[[nodiscard]] std::string blob_place(const util::Digest& digest);
[[nodiscard]] std::string key_place(const util::Digest& key);
[[nodiscard]] std::string signature_place(const util::Digest& manifest, Scheme scheme);

/// Whether the file was last changed longer ago; a link is not followed. False for one that is not there.
[[nodiscard]] bool is_older(const std::filesystem::path& file, std::chrono::seconds age);

/// Reads the contents of a file in keys/. Error: verify.
[[nodiscard]] util::Result<Descriptor> parse_key_file(std::string_view text);

/// Any number of processes may use one at the same time. Errors of all functions: as the file system has them, but
/// verify for what is there of an entry and cannot be read.
class Layout {
public:
    /// What is younger may belong to a push under way.
    static constexpr std::chrono::hours longest_push{48};

    explicit Layout(std::filesystem::path root) : root_(std::move(root)) {}

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }
    /// Makes what is missing of an empty layout. Errors: usage when the directory holds something else, permission when
    /// another user made one of its directories a link.
    [[nodiscard]] util::Status create(const util::StopToken& stop) const;
    /// Error failure: no layout is there.
    [[nodiscard]] util::Status require() const;

    /// The manifest that a key names.
    [[nodiscard]] util::Result<std::optional<Descriptor>> find(const util::Digest& key) const;
    /// Makes the key name a manifest whose blobs are there.
    [[nodiscard]] util::Status put_key(const util::Digest& key, const Descriptor& manifest,
                                       const util::StopToken& stop) const;
    /// Takes those of the keys out that were last pushed longer than `age` ago, with their manifests' signatures, and
    /// out of index.json first; returns them. Their blobs stay.
    [[nodiscard]] util::Result<std::vector<util::Digest>>
    forget(std::vector<util::Digest> keys, std::chrono::seconds age, const util::StopToken& stop) const;
    /// Notes that the key was pushed again; false when it is not there.
    [[nodiscard]] util::Result<bool> touch(const util::Digest& key, const util::StopToken& stop) const;
    /// All of them, sorted.
    [[nodiscard]] util::Result<std::vector<util::Digest>> keys() const;

    /// Whether a blob of that digest and size is there.
    [[nodiscard]] bool has_blob(const Descriptor& blob) const;
    /// Error verify: it is not.
    [[nodiscard]] util::Status require_blob(const Descriptor& blob) const;
    /// Also reads it and checks its digest; false if it cannot be read. If true, no prune
    /// removes the blob for as long as a push may take.
    [[nodiscard]] util::Result<bool> use_blob(const Descriptor& blob, const util::StopToken& stop) const;
    /// Removes a blob that nothing names; false when a push came to use it in the last longest_push.
    [[nodiscard]] util::Result<bool> remove_blob(const util::Digest& digest, const util::StopToken& stop) const;
    /// Does nothing if the blob is there and intact.
    [[nodiscard]] util::Status put_blob(const BlobSource& blob, const util::StopToken& stop) const;
    /// A small blob; error verify when it is not what the descriptor says.
    [[nodiscard]] util::Result<std::string> read_blob(const Descriptor& blob) const;
    /// Any blob, from the writer's offset on. Error verify when it is missing, unreadable or not what the descriptor
    /// says; the writer's own.
    [[nodiscard]] util::Status copy_blob_to(BlobWriter& writer, const Descriptor& blob,
                                            const util::StopToken& stop) const;

    [[nodiscard]] util::Result<std::optional<std::string>> find_signature(const util::Digest& manifest,
                                                                          Scheme scheme) const;
    [[nodiscard]] util::Status put_signature(const util::Digest& manifest, std::string_view text,
                                             const util::StopToken& stop) const;

    /// Names an image whose blobs are there in index.json.
    [[nodiscard]] util::Status put_image(const std::string& tag, const Descriptor& manifest,
                                         const util::StopToken& stop) const;
    /// The manifest of the image that index.json names so.
    [[nodiscard]] util::Result<std::optional<Descriptor>> find_image(const std::string& tag) const;
    /// What index.json names that is no key.
    [[nodiscard]] util::Result<std::vector<std::string>> image_tags() const;
    /// The manifests of all images in index.json that are not entries; an index among them as well.
    [[nodiscard]] util::Result<std::vector<util::Digest>> images() const;

    /// Names in index.json what is pending; makes it of keys/ when it is not there.
    [[nodiscard]] util::Status update_index(const util::StopToken& stop) const;

private:
    /// For rewriting index.json: the file is what the previous holder of the lock left.
    [[nodiscard]] util::Result<util::FileLock>
    lock_index(const util::StopToken& stop, util::FileLock::Mode mode = util::FileLock::Mode::exclusive) const;
    [[nodiscard]] util::Result<util::FileLock> lock_blobs(const util::StopToken& stop, util::FileLock::Mode mode) const;
    /// Without the lock; an empty one when there is none.
    [[nodiscard]] util::Result<Index> read_index() const;

    std::filesystem::path root_;
};

} // namespace sf::cache
