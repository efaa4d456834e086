#include "deploy/copies.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

namespace sf::deploy {

namespace {

/// The facts of a version's entries, in the order of the lists.
struct Facts {
    std::string directories;
    std::string files;
    std::string links;
};

/// "drwxr-xr-x"; nothing that ships has other bits (tar/shipped.hpp).
std::string directory_mode(mode_t mode)
{
    std::string text = "drwxrwxrwx";
    for (std::size_t i = 1; i < text.size(); ++i)
        if ((mode >> (text.size() - 1 - i) & 1U) == 0)
            text[i] = '-';
    return text;
}

void add(const ArchiveEntry& entry, Copies& copies, Facts& facts)
{
    const auto line = "./" + entry.path + "\n";
    copies.all += line;
    if (S_ISLNK(entry.mode)) {
        copies.links += line;
        facts.links += entry.target + "\n";
    } else if (S_ISDIR(entry.mode)) {
        copies.directories += line;
        facts.directories += directory_mode(entry.mode) + "\n";
    } else {
        copies.files += line;
        facts.files += fmt::format("{:x} {}\n", entry.mode, entry.size);
        copies.sums += fmt::format("{}  {}", entry.sha256->to_hex(), line);
    }
}

} // namespace

std::optional<std::map<std::string, Copies>> plan_copies(const Archive& archive,
                                                         const std::map<util::Digest, std::string>& there)
{
    std::map<std::string, Copies> all;
    std::map<std::string, Facts> facts;
    for (const auto& part : archive.parts) {
        const auto version = there.find(part.layer);
        if (version == there.end())
            continue;
        for (const auto& entry : part.entries) {
            // tar(1) and sha256sum(1) take what follows a backslash for another character. Those that end a line are in
            // no path and no target (tar/shipped.hpp).
            if (entry.path.find('\\') != std::string::npos)
                return std::nullopt;
            add(entry, all[version->second], facts[version->second]);
        }
    }
    for (auto& [version, copies] : all) {
        const auto& its = facts[version];
        copies.facts = util::sha256(its.directories + its.files + its.links).to_hex();
    }
    return all;
}

} // namespace sf::deploy
