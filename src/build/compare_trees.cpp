#include "build/compare_trees.hpp"

#include "util/fs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>

namespace sf::build {
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

std::string bytes_text(std::string_view bytes, std::size_t from)
{
    constexpr std::size_t shown = 8;
    std::string text;
    for (const char byte : bytes.substr(std::min(from, bytes.size()), shown))
        text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned char>(byte));
    return text.empty() ? "the end" : text;
}

util::Result<std::string> compare_contents(const fs::path& first, const fs::path& second)
{
    SF_TRY(const auto a, util::read_file(first));
    SF_TRY(const auto b, util::read_file(second));
    if (a == b)
        return std::string();
    const auto place = static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin())
            .first -
        a.begin());
    const auto sizes =
        a.size() == b.size() ? fmt::format("{} bytes", a.size()) : fmt::format("{} and {} bytes", a.size(), b.size());
    return fmt::format("{}, from byte {} on: {} / {}", sizes, place, bytes_text(a, place), bytes_text(b, place));
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

} // namespace sf::build
