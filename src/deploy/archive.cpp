#include "deploy/archive.hpp"

#include "deploy/blake2b.hpp"
#include "deploy/piece_reader.hpp"
#include "deploy/shipped.hpp"
#include "manifest/manifest.hpp"
#include "store/layer_store.hpp"
#include "tar/shipped.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/files/private_copy.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <fcntl.h>

#include <algorithm>
#include <memory>

namespace sf::deploy {

namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;
using util::Result;

constexpr std::uint64_t file_system_block = 4096;
constexpr std::size_t most_manifest_bytes = std::size_t{16} << 20U;
constexpr std::size_t most_entry_bytes = std::size_t{256} << 20U; ///< in memory; a real tree's take less than one MiB
constexpr std::size_t most_sum_bytes = std::size_t{64} << 10U;    ///< of FILE.sha256

tl::unexpected<util::Error> no_bundle(std::string_view why)
{
    return util::fail(ErrorCode::verify, fmt::format("this is not a slurm-factory software tarball: {}", why),
                      "name a *-software.tar.gz or .tar.zst that 'slurm-factory build' wrote");
}

/// A path for people; its control characters may be what is wrong with it.
std::string shown(std::string_view path)
{
    constexpr unsigned longest = 300;
    return util::fit_columns(path, longest);
}

tl::unexpected<util::Error> forbidden(std::string_view path, std::string_view fault)
{
    return util::fail(ErrorCode::verify, fmt::format("\"{}\" must not be on any host: {}", shown(path), fault),
                      "'slurm-factory verify' names everything that is wrong with the tarball");
}

std::optional<store::Coding> coding_of(std::string_view bytes)
{
    if (bytes.starts_with("\x1f\x8b")) // RFC 1952
        return store::Coding::gzip;
    if (bytes.starts_with("\x28\xb5\x2f\xfd")) // RFC 8878
        return store::Coding::zstd;
    return std::nullopt;
}

/// The path below the top directory, "." for itself; nullopt when the entry lies elsewhere.
std::optional<std::string> place_in_tree(const char* name)
{
    const stdfs::path path = name == nullptr ? "" : name;
    if (path.empty() || *path.begin() != store::layer_top || std::find(path.begin(), path.end(), "..") != path.end())
        return std::nullopt;
    auto place = path.lexically_relative(store::layer_top).lexically_normal().string();
    if (place.size() > 1 && place.ends_with('/'))
        place.pop_back();
    return place;
}

/// An entry and where its header stands in the stream.
struct FoundEntry {
    std::uint64_t at = 0;
    ArchiveEntry entry;
};

/// libarchive over a PieceReader.
class Scan {
public:
    explicit Scan(PieceReader reader) : reader_(std::move(reader)), handle_(archive_read_new()) {}
    ~Scan() { archive_read_free(handle_); }
    Scan(const Scan&) = delete;
    Scan& operator=(const Scan&) = delete;

    [[nodiscard]] util::Status run();

    std::vector<FoundEntry> entries;
    std::string manifest;
    std::uint64_t unpacked_bytes = 0;
    [[nodiscard]] PieceReader& reader() { return reader_; }

private:
    static la_ssize_t on_read(archive* handle, void* self, const void** buffer);
    [[nodiscard]] util::Status failure() const;
    [[nodiscard]] util::Status take(archive_entry* entry);
    [[nodiscard]] Result<util::Digest> read_contents(bool keep);
    [[nodiscard]] util::Status check_links() const;
    [[nodiscard]] util::Status read_rest();

    PieceReader reader_;
    archive* handle_;
    std::string buffer_ = std::string(std::size_t{1} << 18U, '\0');
    std::optional<util::Error> error_; ///< of the reader
    tar::LinkMap links_;
    std::size_t entry_bytes_ = 0; ///< that `entries` take
};

la_ssize_t Scan::on_read(archive* handle, void* self, const void** buffer)
{
    auto& scan = *static_cast<Scan*>(self);
    const auto count = scan.reader_.read(scan.buffer_.data(), scan.buffer_.size());
    if (!count) {
        scan.error_ = count.error();
        archive_set_error(handle, -1, "%s", count.error().message.c_str());
        return -1;
    }
    *buffer = scan.buffer_.data();
    return static_cast<la_ssize_t>(*count);
}

util::Status Scan::failure() const
{
    if (error_)
        return tl::unexpected(*error_);
    const char* text = archive_error_string(handle_);
    return no_bundle(text == nullptr ? "it cannot be read" : text);
}

Result<util::Digest> Scan::read_contents(bool keep)
{
    util::Sha256 hash;
    std::string bytes(std::size_t{1} << 16U, '\0');
    while (true) {
        const auto count = archive_read_data(handle_, bytes.data(), bytes.size());
        if (count < 0)
            return tl::unexpected(failure().error());
        if (count == 0)
            return hash.finish();
        const auto part = std::string_view(bytes).substr(0, static_cast<std::size_t>(count));
        hash.update(part);
        if (keep)
            manifest += part;
        if (manifest.size() > most_manifest_bytes)
            return no_bundle("its manifest is too large");
    }
}

util::Status Scan::take(archive_entry* entry)
{
    const char* name = archive_entry_pathname(entry);
    // The map of a sparse file is a few bytes that say how many zeros there are: more than can be hashed.
    if (archive_entry_sparse_count(entry) > 0)
        return no_bundle(fmt::format("\"{}\" is a sparse file", name == nullptr ? "" : name));
    const auto place = place_in_tree(name);
    if (!place)
        return no_bundle(fmt::format("the entry \"{}\" does not lie below {}/", shown(name == nullptr ? "" : name),
                                     store::layer_top));
    if (const auto fault = tar::entry_fault(entry))
        return forbidden(*place, *fault);
    const char* target = archive_entry_symlink(entry);
    FoundEntry found{static_cast<std::uint64_t>(archive_read_header_position(handle_)),
                     {*place, archive_entry_mode(entry), 0, target == nullptr ? "" : target, std::nullopt}};
    entry_bytes_ += sizeof(found) + found.entry.path.size() + found.entry.target.size();
    if (entry_bytes_ > most_entry_bytes)
        return no_bundle("it has too many entries");
    unpacked_bytes += file_system_block;
    if (target != nullptr)
        links_.add(*place, target);
    if (archive_entry_filetype(entry) == AE_IFREG) {
        found.entry.size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
        unpacked_bytes += (found.entry.size + file_system_block - 1) / file_system_block * file_system_block;
        const bool is_manifest = *place == manifest::place;
        if (is_manifest)
            manifest.clear();
        SF_TRY(found.entry.sha256, read_contents(is_manifest));
    }
    entries.push_back(std::move(found));
    return {};
}

util::Status Scan::check_links() const
{
    if (const auto link = links_.first_out_of_tree())
        return forbidden(*link, "a link out of the tree");
    for (const auto& found : entries)
        if (const auto link = links_.link_above(found.entry.path))
            return forbidden(found.entry.path, fmt::format("it lies behind the link {}", shown(*link)));
    return {};
}

util::Status Scan::read_rest()
{
    while (true) {
        SF_TRY(const auto count, reader_.read(buffer_.data(), buffer_.size()));
        if (count == 0)
            return {};
    }
}

util::Status Scan::run()
{
    archive_read_support_format_tar(handle_);
    archive_read_support_filter_none(handle_);
    if (archive_read_open(handle_, this, nullptr, on_read, nullptr) != ARCHIVE_OK)
        return failure();
    while (true) {
        archive_entry* entry = nullptr;
        const int code = archive_read_next_header(handle_, &entry);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return failure();
        SF_CHECK(take(entry));
    }
    if (manifest.empty())
        return no_bundle(fmt::format("it has no {}", manifest::place));
    SF_CHECK(check_links());
    return read_rest();
}

util::Status check_sum_file(const stdfs::path& file, const util::Digest& sum)
{
    const auto beside = file.string() + ".sha256";
    if (!util::path_exists(beside))
        return {};
    SF_TRY(const auto fd, util::open_file(beside, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    SF_TRY(const auto text, util::read_bounded(fd.get(), most_sum_bytes, beside));
    const auto wanted = util::Digest::parse(std::string_view(text).substr(0, text.find_first_of(" \n")));
    if (!wanted || *wanted != sum)
        return util::fail(ErrorCode::verify,
                          fmt::format("{} has the sha256 {}, but {} says {}", file.string(), sum.to_hex(), beside,
                                      wanted ? wanted->to_hex() : "something else"),
                          "the file was damaged or replaced; copy both again");
    return {};
}

/// Whether the stretches are what the manifest says, in its order, and then one with the manifest.
std::string mismatch(const Shipped& shipped, const std::vector<Stretch>& stretches, std::uint64_t end_piece)
{
    if (stretches.size() != shipped.packages.size() + 1 || end_piece == 0)
        return fmt::format("it is made of {} parts, not of one for each of its {} packages", stretches.size(),
                           shipped.packages.size());
    for (std::size_t i = 0; i < shipped.packages.size(); ++i)
        if (stretches[i].digest != shipped.packages[i].layer)
            return fmt::format("its part for {} is not the layer that the manifest names", shipped.packages[i].name);
    return {};
}

void divide(Archive& result, const Shipped& shipped, Scan& scan)
{
    const auto stretches = scan.reader().finish();
    result.undivided = mismatch(shipped, stretches, scan.reader().end_piece());
    if (!result.undivided.empty())
        return;
    auto entry = scan.entries.begin();
    for (std::size_t i = 0; i < shipped.packages.size(); ++i) {
        const auto& package = shipped.packages[i];
        const auto& next = stretches[i + 1];
        Part part{package.name, package.layer, stretches[i].compressed, next.compressed - stretches[i].compressed, {}};
        for (; entry != scan.entries.end() && entry->at < next.plain; ++entry)
            part.entries.push_back(std::move(entry->entry));
        result.parts.push_back(std::move(part));
    }
    result.tail_offset = stretches.back().compressed;
}

} // namespace

Result<util::MappedFile> open_bundle(const stdfs::path& file)
{
    if (!util::path_exists(file))
        return util::fail(ErrorCode::usage, fmt::format("there is no {}", file.string()),
                          "name the software tarball that 'slurm-factory build' wrote");
    return util::copy_privately(file);
}

Result<Archive> read_archive(const stdfs::path& file, util::MappedFile contents)
{
    const auto sum = util::sha256(contents.text());
    SF_CHECK(check_sum_file(file, sum));
    const auto coding = coding_of(contents.text());
    auto reader = coding ? PieceReader::make(*coding, contents.text())
                         : Result<PieceReader>(no_bundle("it is neither gzip nor zstd"));
    if (!reader)
        return util::fail(std::move(reader).error(), fmt::format("reading {}", file.string()));
    Scan scan(std::move(*reader));
    auto read = scan.run();
    if (!read)
        return util::fail(std::move(read).error(), fmt::format("reading {}", file.string()));
    SF_TRY(const auto shipped, read_shipped(scan.manifest));
    auto other_sum = blake2b({contents.text()});
    Archive result{
        std::move(contents), *coding, sum, std::move(other_sum), shipped.slurm_version, scan.unpacked_bytes, {}, 0, {}};
    divide(result, shipped, scan);
    return result;
}

} // namespace sf::deploy
