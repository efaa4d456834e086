#include "engine/compare_trees.hpp"

#include "util/fd.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;

using Entries = std::map<std::string, util::TreeEntry>;

util::Result<Entries> entries_of(const fs::path& root)
{
    SF_TRY(const auto list, util::walk_tree(root));
    Entries entries;
    for (const auto& entry : list)
        entries.emplace(entry.relative.string(), entry);
    return entries;
}

/// A file that is read a piece at a time.
class Reader {
public:
    static util::Result<Reader> open(const fs::path& path)
    {
        SF_TRY(auto fd, util::open_foreign_file(path));
        struct stat status = {};
        if (::fstat(fd.get(), &status) != 0)
            return util::fail_errno(errno, fmt::format("cannot look at {}", path.string()));
        return Reader(path, std::move(fd), static_cast<std::uint64_t>(status.st_size));
    }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// Less than `most` bytes at the end of the file only.
    [[nodiscard]] util::Result<std::string> read(std::uint64_t offset, std::size_t most) const
    {
        std::string bytes(most, '\0');
        std::size_t have = 0;
        while (have < most) {
            const auto count = ::pread(fd_.get(), bytes.data() + have, most - have, static_cast<off_t>(offset + have));
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return util::fail_errno(errno, fmt::format("cannot read {}", path_.string()));
            if (count == 0)
                break;
            have += static_cast<std::size_t>(count);
        }
        bytes.resize(have);
        return bytes;
    }

private:
    Reader(fs::path path, util::UniqueFd fd, std::uint64_t size) :
        path_(std::move(path)), fd_(std::move(fd)), size_(size)
    {
    }
    fs::path path_;
    util::UniqueFd fd_;
    std::uint64_t size_;
};

util::Result<std::string> bytes_text(const Reader& file, std::uint64_t from)
{
    constexpr std::size_t shown = 8;
    SF_TRY(const auto bytes, file.read(from, shown));
    std::string text;
    for (const char byte : bytes)
        text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned char>(byte));
    return text.empty() ? "the end" : text;
}

/// The first byte in which they differ; nullopt: they are the same.
util::Result<std::optional<std::uint64_t>> first_difference(const Reader& first, const Reader& second)
{
    constexpr std::size_t piece = std::size_t{1} << 18U;
    for (std::uint64_t at = 0;; at += piece) {
        SF_TRY(const auto a, first.read(at, piece));
        SF_TRY(const auto b, second.read(at, piece));
        if (a != b)
            return at +
                   static_cast<std::uint64_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
        if (a.size() < piece)
            return std::nullopt;
    }
}

util::Result<std::string> compare_contents(const fs::path& first, const fs::path& second)
{
    SF_TRY(const auto a, Reader::open(first));
    SF_TRY(const auto b, Reader::open(second));
    SF_TRY(const auto place, first_difference(a, b));
    if (!place)
        return std::string();
    const auto sizes =
        a.size() == b.size() ? fmt::format("{} bytes", a.size()) : fmt::format("{} and {} bytes", a.size(), b.size());
    SF_TRY(const auto in_first, bytes_text(a, *place));
    SF_TRY(const auto in_second, bytes_text(b, *place));
    return fmt::format("{}, from byte {} on: {} / {}", sizes, *place, in_first, in_second);
}

/// Empty when they are the same.
util::Result<std::string> compare_entries(const fs::path& first, const util::TreeEntry& a, const fs::path& second,
                                          const util::TreeEntry& b)
{
    if (a.type != b.type)
        return std::string("of another kind");
    if (a.type == fs::file_type::symlink)
        return a.link_target == b.link_target ? std::string()
                                              : fmt::format("links to {} / {}", a.link_target, b.link_target);
    if (a.type != fs::file_type::regular)
        return std::string();
    if ((a.mode & S_IXUSR) != (b.mode & S_IXUSR))
        return std::string("executable in one of the two only");
    return compare_contents(first, second);
}

} // namespace

util::Result<std::vector<TreeDifference>> compare_trees(const fs::path& first, const fs::path& second)
{
    SF_TRY(const auto before, entries_of(first));
    SF_TRY(const auto after, entries_of(second));
    std::vector<TreeDifference> differences;
    for (const auto& [path, entry] : before) {
        const auto other = after.find(path);
        if (other == after.end()) {
            differences.push_back({path, "only in the first build"});
            continue;
        }
        SF_TRY(auto what, compare_entries(first / path, entry, second / path, other->second));
        if (!what.empty())
            differences.push_back({path, std::move(what)});
    }
    for (const auto& [path, entry] : after)
        if (!before.contains(path))
            differences.push_back({path, "only in the second build"});
    std::sort(differences.begin(), differences.end(),
              [](const TreeDifference& a, const TreeDifference& b) { return a.path < b.path; });
    return differences;
}

} // namespace sf::engine
