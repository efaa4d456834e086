#include "tar/extraction.hpp"

#include "util/text.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace sf::tar {
namespace {

using namespace std::string_view_literals;

/// Programs that decompress, and how what they take begins.
constexpr std::array<std::pair<const char*, std::string_view>, 2> programs = {{{"xz -dc", "\xfd"
                                                                                          "7zXZ\0"sv},
                                                                               {"bzip2 -dc", "BZh"sv}}};

} // namespace

void Extraction::Free::operator()(archive* handle) const
{
    archive_free(handle);
}

Extraction::Extraction(std::filesystem::path file, Handle reader, Handle writer) :
    file_(std::move(file)), reader_(std::move(reader)), writer_(std::move(writer))
{
}

tl::unexpected<util::Error> Extraction::failure(archive* handle, std::string_view doing) const
{
    const char* text = archive_error_string(handle);
    const auto message = fmt::format("cannot {} {}: {}", doing, file_.string(), text == nullptr ? "unknown" : text);
    const int number = archive_errno(handle);
    if (number == ENOSPC || number == EDQUOT || number == EACCES || number == EPERM)
        return util::fail_errno(number, message);
    return util::fail(util::ErrorCode::verify, message, "the file may be damaged; check its sha256");
}

util::Result<Extraction> Extraction::open(const std::filesystem::path& file, int flags, Filters filters)
{
    constexpr std::size_t block = std::size_t{1} << 18U;
    Extraction extraction(file, Handle(archive_read_new()), Handle(archive_write_disk_new()));
    auto* reader = extraction.reader_.get();
    archive_read_support_format_tar(reader);
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_zstd(reader);
    if (filters == Filters::programs)
        for (const auto& [program, magic] : programs)
            archive_read_support_filter_program_signature(reader, program, magic.data(), magic.size());
    archive_write_disk_set_options(extraction.writer_.get(), flags);
    if (archive_read_open_filename(reader, file.c_str(), block) != ARCHIVE_OK)
        return extraction.failure(reader, "open");
    return extraction;
}

util::Result<archive_entry*> Extraction::next()
{
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(reader_.get(), &entry);
    if (code == ARCHIVE_EOF)
        return nullptr;
    if (code < ARCHIVE_WARN)
        return failure(reader_.get(), "read");
    // The map of a sparse file is a few bytes that say how many zeros there are.
    constexpr la_int64_t largest_sparse_file = la_int64_t{1} << 30U;
    if (archive_entry_sparse_count(entry) > 0 && archive_entry_size(entry) > largest_sparse_file)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("{} holds a sparse file of {}", file_.string(),
                                      util::human_bytes(static_cast<std::uint64_t>(archive_entry_size(entry)))),
                          "sparse files of more than 1 GiB are not unpacked");
    return entry;
}

util::Status Extraction::write(archive_entry* entry, const util::StopToken& stop)
{
    // libarchive would walk a longer one directory by directory, through links as well.
    for (const char* path : {archive_entry_pathname(entry), archive_entry_hardlink(entry)})
        if (path != nullptr && std::strlen(path) >= PATH_MAX)
            return util::fail(util::ErrorCode::verify, fmt::format("cannot unpack {}: a path in it is {} bytes long",
                                                                   file_.string(), std::strlen(path)));
    if (archive_write_header(writer_.get(), entry) < ARCHIVE_WARN)
        return failure(writer_.get(), "unpack");
    for (;;) {
        SF_CHECK(stop.check());
        const void* bytes = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int code = archive_read_data_block(reader_.get(), &bytes, &size, &offset);
        if (code == ARCHIVE_EOF)
            break;
        if (code < ARCHIVE_WARN)
            return failure(reader_.get(), "read");
        if (archive_write_data_block(writer_.get(), bytes, size, offset) < ARCHIVE_WARN)
            return failure(writer_.get(), "unpack");
    }
    if (archive_write_finish_entry(writer_.get()) < ARCHIVE_WARN)
        return failure(writer_.get(), "unpack");
    return {};
}

util::Status Extraction::read(const std::function<void(std::string_view)>& take, const util::StopToken& stop)
{
    constexpr std::size_t piece = std::size_t{1} << 18U;
    std::string buffer(piece, '\0');
    for (;;) {
        SF_CHECK(stop.check());
        const auto count = archive_read_data(reader_.get(), buffer.data(), buffer.size());
        if (count < 0)
            return failure(reader_.get(), "read");
        if (count == 0)
            return {};
        take(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
    }
}

util::Status Extraction::finish()
{
    if (archive_write_close(writer_.get()) != ARCHIVE_OK)
        return failure(writer_.get(), "unpack");
    return {};
}

} // namespace sf::tar
