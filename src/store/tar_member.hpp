// A canonical tar, compressed as it is written.
#pragma once

#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sf::store {

/// Takes the compressed bytes.
using ByteSink = std::function<util::Status(std::string_view)>;

/// Whether the member holds the two zero blocks that end an archive. They are hashed either way, so that the digest is
/// that of a complete tar; a member without them can be followed by others.
enum class ArchiveEnd { left_out, written };

/// What the tar becomes: a gzip member, as small as it gets or quickly made (as `gzip -1` does, in about a tenth of the
/// time for a sixth more bytes), or a zstd frame. Either kind may be followed by more of its kind. `plain` is the tar
/// itself.
enum class Coding { gzip, gzip_quick, zstd, plain };

/// A gzip member or zstd frame of nothing but the two zero blocks: behind a member that leaves them out it makes a
/// complete archive.
[[nodiscard]] util::Result<std::string> archive_end(Coding coding);

/// Canonical means that the bytes depend on names, kinds, execute bits and contents only: uid and gid 0 without names,
/// mtime `source_date_epoch`, modes 0755 or 0644, ustar headers with pax records only for what does not fit in them,
/// no padding after the end. A gzip header has no time and no name. Entries come in the order of the calls. The strong
/// codings write when they end; a very large tar becomes several members or frames (store/compressor.hpp).
class TarMember {
public:
    [[nodiscard]] static util::Result<TarMember> create(ByteSink sink, ArchiveEnd end, Coding coding = Coding::gzip);
    TarMember(TarMember&&) noexcept;
    TarMember& operator=(TarMember&&) noexcept;
    ~TarMember();

    [[nodiscard]] util::Status add_directory(const std::string& path);
    [[nodiscard]] util::Status add_symlink(const std::string& path, const std::string& target);
    [[nodiscard]] util::Status add_bytes(const std::string& path, std::string_view bytes);
    /// The contents of a regular file; `path` is its name in the archive.
    [[nodiscard]] util::Status add_file(const std::string& path, bool executable, const std::filesystem::path& file);

    /// Ends the member; sha256 of the complete tar. May be called once.
    [[nodiscard]] util::Result<util::Digest> finish();

private:
    struct State;
    explicit TarMember(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace sf::store
