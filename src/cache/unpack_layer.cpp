#include "cache/unpack_layer.hpp"

#include "store/decompressor.hpp"
#include "store/layer_store.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sf::cache {

namespace {

namespace stdfs = std::filesystem;

tl::unexpected<util::Error> refuse(std::string_view path, std::string_view why)
{
    // The name is the archive's, and may be meant for the terminal.
    std::string shown(path.substr(0, 200));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, '?');
    return util::fail(util::ErrorCode::verify, fmt::format("the entry \"{}\" {}", shown, why));
}

/// The blob's tar as it is decompressed: bounded, hashed.
class TarStream {
public:
    static util::Result<TarStream> open(const stdfs::path& blob, const LayerBlob& layer, const util::StopToken& stop)
    {
        SF_TRY(auto fd, util::open_file(blob, O_RDONLY | O_NOFOLLOW));
        auto source = [fd = std::make_shared<util::UniqueFd>(std::move(fd)), blob,
                       stop](char* buffer, std::size_t capacity) -> util::Result<std::size_t> {
            SF_CHECK(stop.check());
            ssize_t count = 0;
            do
                count = ::read(fd->get(), buffer, capacity);
            while (count < 0 && errno == EINTR);
            if (count < 0)
                return util::fail_errno(errno, fmt::format("cannot read {}", blob.string()));
            return static_cast<std::size_t>(count);
        };
        SF_TRY(auto decompressor, store::Decompressor::make(layer.coding(), std::move(source)));
        return TarStream(std::move(decompressor), layer.tar_bytes);
    }

    /// The next bytes; empty at the end.
    util::Result<std::string_view> next()
    {
        SF_TRY(const auto count, decompressor_->read(buffer_.data(), buffer_.size()));
        if (count > promised_ - bytes_)
            return util::fail(util::ErrorCode::verify,
                              fmt::format("it is larger than the {} that were promised", util::human_bytes(promised_)));
        bytes_ += count;
        const auto part = std::string_view(buffer_).substr(0, count);
        hash_.update(part);
        return part;
    }

    /// Reads what follows the archive and compares the sum.
    util::Status finish(const util::Digest& digest)
    {
        while (true) {
            SF_TRY(const auto part, next());
            if (part.empty())
                break;
        }
        if (const auto actual = hash_.finish(); bytes_ != promised_ || actual != digest)
            return util::fail(util::ErrorCode::verify,
                              fmt::format("it holds tar {} of {}, not {} of {}", actual.to_short(),
                                          util::human_bytes(bytes_), digest.to_short(), util::human_bytes(promised_)));
        return {};
    }

    /// Where the archive's end begins, when it is the last piece and nothing else is in that.
    [[nodiscard]] std::optional<std::uint64_t> member_bytes() const
    {
        constexpr std::uint64_t end_of_archive = 1024;
        const auto piece = decompressor_->last_piece();
        if (piece.compressed == 0 || bytes_ - piece.plain != end_of_archive)
            return std::nullopt;
        return piece.compressed;
    }

private:
    TarStream(std::unique_ptr<store::Decompressor> decompressor, std::uint64_t promised) :
        decompressor_(std::move(decompressor)), promised_(promised)
    {
    }

    std::unique_ptr<store::Decompressor> decompressor_;
    std::uint64_t promised_;
    std::uint64_t bytes_ = 0;
    util::Sha256 hash_;
    std::string buffer_ = std::string(std::size_t{1} << 18U, '\0');
};

struct FreeReader {
    void operator()(archive* handle) const { archive_read_free(handle); }
};

class Unpacker {
public:
    Unpacker(TarStream stream, stdfs::path tree, util::StopToken stop) :
        stream_(std::move(stream)), tree_(std::move(tree)), stop_(std::move(stop))
    {
    }

    util::Status run();
    [[nodiscard]] TarStream& stream() { return stream_; }

private:
    static la_ssize_t on_read(archive* /*handle*/, void* self, const void** bytes);
    [[nodiscard]] util::Error error(std::string_view doing);
    [[nodiscard]] util::Status take(archive_entry* entry);
    [[nodiscard]] util::Result<std::string> place_of(archive_entry* entry);
    [[nodiscard]] util::Status take_link(const std::string& place, const char* target);
    [[nodiscard]] util::Status take_file(const std::string& place, archive_entry* entry);
    [[nodiscard]] util::Status check_links() const;

    TarStream stream_;
    stdfs::path tree_;
    util::StopToken stop_;
    std::unique_ptr<archive, FreeReader> reader_{archive_read_new()};
    util::Status stream_status_;
    bool has_top_ = false;
    std::set<std::string> places_;      ///< all that were made
    std::set<std::string> directories_; ///< those of them that are directories; "" is the top
    std::set<std::string> links_;
    std::vector<std::pair<std::string, std::string>> climbing_links_; ///< place and target, with ".." in the middle
};

la_ssize_t Unpacker::on_read(archive* /*handle*/, void* self, const void** bytes)
{
    auto& unpacker = *static_cast<Unpacker*>(self);
    auto part = unpacker.stream_.next();
    if (!part) {
        unpacker.stream_status_ = tl::unexpected(std::move(part).error());
        return ARCHIVE_FATAL;
    }
    *bytes = part->data();
    return static_cast<la_ssize_t>(part->size());
}

/// The stream's own error is more precise than libarchive's.
util::Error Unpacker::error(std::string_view doing)
{
    if (!stream_status_)
        return stream_status_.error();
    const char* text = archive_error_string(reader_.get());
    return {util::ErrorCode::verify, fmt::format("cannot {}: {}", doing, text == nullptr ? "unknown" : text), {}, {}};
}

/// The path below the top ("" for itself), once it is known to be new and to lie in a directory of ours.
util::Result<std::string> Unpacker::place_of(archive_entry* entry)
{
    const char* name = archive_entry_pathname(entry);
    std::string path = name == nullptr ? "" : name;
    if (path.ends_with('/') && archive_entry_filetype(entry) == AE_IFDIR)
        path.pop_back();
    const auto parts = util::split(path, '/');
    if (parts.front() != store::layer_top)
        return refuse(path, fmt::format("does not lie below {}/", store::layer_top));
    for (const auto& part : parts)
        if (part.empty() || part == "." || part == "..")
            return refuse(path, "has a path that is not plain");
    if (parts.size() == 1)
        return has_top_ || archive_entry_filetype(entry) != AE_IFDIR
                   ? util::Result<std::string>(refuse(path, "appears twice or is not a directory"))
                   : std::string();
    auto place = path.substr(std::string_view(store::layer_top).size() + 1);
    const auto slash = place.rfind('/');
    if (!has_top_ || !directories_.contains(slash == std::string::npos ? std::string() : place.substr(0, slash)))
        return refuse(path, "comes before its directory, or lies in something else");
    if (places_.contains(place))
        return refuse(path, "comes twice");
    return place;
}

util::Status Unpacker::take_link(const std::string& place, const char* target)
{
    const std::string text = target == nullptr ? "" : target;
    if (text.empty() || text.starts_with('/'))
        return refuse(place, "is a link out of the tree");
    auto depth = std::count(place.begin(), place.end(), '/');
    bool descended = false;
    for (const auto& part : util::split(text, '/')) {
        if (part == "..") {
            if (--depth < 0)
                return refuse(place, "is a link out of the tree");
            if (descended && (climbing_links_.empty() || climbing_links_.back().first != place))
                climbing_links_.emplace_back(place, text);
        } else if (!part.empty() && part != ".") {
            ++depth;
            descended = true;
        }
    }
    if (::symlink(text.c_str(), (tree_ / place).c_str()) != 0)
        return util::fail_errno(errno, fmt::format("cannot make the link {}", (tree_ / place).string()));
    links_.insert(place);
    return {};
}

util::Status Unpacker::take_file(const std::string& place, archive_entry* entry)
{
    const auto path = tree_ / place;
    SF_TRY(const auto fd,
           util::open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, archive_entry_perm(entry) & 0755U));
    la_int64_t written = 0;
    while (true) {
        const void* bytes = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int code = archive_read_data_block(reader_.get(), &bytes, &size, &offset);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK)
            return tl::unexpected(error("read a file"));
        // A sparse file is large without having many bytes.
        if (offset != written)
            return refuse(place, "has holes");
        SF_CHECK(util::write_all(fd.get(), std::string_view(static_cast<const char*>(bytes), size)));
        written += static_cast<la_int64_t>(size);
    }
    if (written != archive_entry_size(entry))
        return refuse(place, "is shorter than its header says");
    return {};
}

util::Status Unpacker::take(archive_entry* entry)
{
    SF_CHECK(stop_.check());
    SF_TRY(const auto place, place_of(entry));
    if (archive_entry_hardlink(entry) != nullptr)
        return refuse(place, "is a hard link");
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFLNK) {
        SF_CHECK(take_link(place, archive_entry_symlink(entry)));
        places_.insert(place);
        return {};
    }
    if (type != AE_IFREG && type != AE_IFDIR)
        return refuse(place, "is a device, pipe or socket");
    if (const auto mode = archive_entry_perm(entry); mode != 0755 && (mode != 0644 || type == AE_IFDIR))
        return refuse(place, fmt::format("has mode {:04o}", mode));
    if (archive_entry_sparse_count(entry) > 0)
        return refuse(place, "has holes");
    if (type == AE_IFREG) {
        SF_CHECK(take_file(place, entry));
        places_.insert(place);
        return {};
    }
    if (::mkdir((tree_ / place).c_str(), 0755) != 0)
        return util::fail_errno(errno, fmt::format("cannot make the directory {}", (tree_ / place).string()));
    has_top_ = true;
    directories_.insert(place);
    if (!place.empty())
        places_.insert(place);
    return {};
}

/// "a/../b" names what is beside a, unless a is a link: then it is what lies beside a's target.
util::Status Unpacker::check_links() const
{
    for (const auto& [place, target] : climbing_links_) {
        auto path = util::split(place, '/');
        path.pop_back();
        bool passed_link = false;
        for (const auto& part : util::split(target, '/')) {
            if (part == ".." && passed_link)
                return refuse(place, "is a link that climbs out of another");
            if (part == "..") {
                path.pop_back();
            } else if (!part.empty() && part != ".") {
                path.push_back(part);
                passed_link = passed_link || links_.contains(util::join(path, "/"));
            }
        }
    }
    return {};
}

util::Status Unpacker::run()
{
    archive_read_support_format_tar(reader_.get());
    if (archive_read_open(reader_.get(), this, nullptr, &Unpacker::on_read, nullptr) != ARCHIVE_OK)
        return tl::unexpected(error("open the tar"));
    while (true) {
        archive_entry* entry = nullptr;
        const int code = archive_read_next_header(reader_.get(), &entry);
        if (code == ARCHIVE_EOF)
            break;
        // A warning is of a name that the locale does not have, which is taken as it is.
        if (code < ARCHIVE_WARN)
            return tl::unexpected(error("read the tar"));
        SF_CHECK(take(entry));
    }
    if (!has_top_)
        return util::fail(util::ErrorCode::verify, fmt::format("it has no {}/", store::layer_top));
    return check_links();
}

} // namespace

util::Result<Unpacked> unpack_layer(const stdfs::path& blob, const LayerBlob& layer, const stdfs::path& tree,
                                    const util::StopToken& stop)
{
    SF_TRY(auto stream, TarStream::open(blob, layer, stop));
    Unpacker unpacker(std::move(stream), tree, stop);
    SF_CHECK(unpacker.run());
    SF_CHECK(unpacker.stream().finish(layer.diff_id));
    return Unpacked{unpacker.stream().member_bytes()};
}

} // namespace sf::cache
