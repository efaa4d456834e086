#include "verify/contents.hpp"

#include "util/fs.hpp"
#include "util/mapped_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstring>

namespace sf::verify {

namespace {

/// Whether a path may contain the character where nobody quotes it.
bool is_path_character(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("._+-/~@%", c) != nullptr;
}

/// Whether a path starts at `at`: "-I/build/x" and "=/build/x" do, "/home/me/build/x" does not.
bool starts_path(std::string_view bytes, std::size_t at)
{
    if (at == 0 || bytes[at - 1] == '\0' || !is_path_character(bytes[at - 1]))
        return true;
    const auto before = bytes.substr(0, at);
    return before.ends_with("-I") || before.ends_with("-L");
}

/// Whether the name goes on behind the match, as in "/opt/slurm/software2".
bool goes_on(std::string_view bytes, std::size_t end)
{
    return end < bytes.size() && (std::isalnum(static_cast<unsigned char>(bytes[end])) != 0 || bytes[end] == '_');
}

/// What stands at `at`, cut to a length that fits on a line.
std::string path_at(std::string_view bytes, std::size_t at)
{
    constexpr std::size_t longest = 120;
    const auto rest = bytes.substr(at, longest);
    const auto end =
        std::find_if_not(rest.begin(), rest.end(), [](char c) { return c != '\0' && is_path_character(c); });
    return {rest.begin(), end};
}

/// The text below a key; empty where there is none.
std::string text_at(const nlohmann::json& object, const char* key)
{
    if (!object.is_object() || !object.contains(key) || !object[key].is_string())
        return {};
    return object[key].get<std::string>();
}

/// Places of `needle`; memmem(3) is several times as fast as string_view::find on binary files.
template <typename Accept>
void collect(std::string_view bytes, const std::string& needle, std::vector<std::size_t>& places, Accept accept)
{
    if (needle.empty())
        return;
    std::size_t from = 0;
    while (from < bytes.size()) {
        const auto* found =
            static_cast<const char*>(::memmem(bytes.data() + from, bytes.size() - from, needle.data(), needle.size()));
        if (found == nullptr)
            return;
        const auto at = static_cast<std::size_t>(found - bytes.data());
        if (accept(at))
            places.push_back(at);
        from = at + needle.size();
    }
}

} // namespace

util::Result<Manifest> read_manifest(const std::filesystem::path& root)
{
    Manifest manifest;
    const auto file = root / manifest_place;
    if (!util::path_exists(file))
        return manifest;
    SF_TRY(const auto text, util::read_file(file));
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto packages = json.is_object() ? json.value("packages", nlohmann::json()) : nlohmann::json();
    if (!packages.is_array())
        return util::fail(util::ErrorCode::verify, fmt::format("{} is no manifest of slurm-factory", file.string()),
                          "unpack the software tarball again");
    manifest.target = text_at(json, "target");
    for (const auto& package : packages) {
        const auto relocation = package.is_object() ? package.value("relocation", nlohmann::json()) : nlohmann::json();
        for (const auto& note : relocation)
            if (auto path = text_at(note, "path"); !path.empty())
                manifest.notes.push_back({std::move(path), text_at(note, "reason")});
    }
    return manifest;
}

std::optional<std::string> mentioned_paths(std::string_view bytes, const Options& options)
{
    std::vector<std::size_t> places;
    collect(bytes, options.build_prefix, places,
            [&](std::size_t at) { return !goes_on(bytes, at + options.build_prefix.size()); });
    collect(bytes, options.build_directory, places, [&](std::size_t at) { return starts_path(bytes, at); });
    if (places.empty())
        return std::nullopt;
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    const auto first = path_at(bytes, places.front());
    if (places.size() == 1)
        return first;
    return fmt::format("{} and {} more", first, places.size() - 1);
}

util::Result<std::optional<std::string>> mentioned_paths_in(const std::filesystem::path& file, const Options& options)
{
    SF_TRY(const auto bytes, util::MappedFile::open(file));
    return mentioned_paths(bytes.text(), options);
}

} // namespace sf::verify
