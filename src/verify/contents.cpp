#include "verify/contents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

namespace sf::verify {

namespace {

/// Whether an unquoted path may contain the character.
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

std::optional<std::string> mentioned_paths(std::string_view bytes, const VerifyOptions& options)
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

std::optional<std::string> forbidden_texts(std::string_view bytes, const std::vector<std::string>& forbidden)
{
    std::string all;
    for (const auto& text : forbidden) {
        std::vector<std::size_t> places;
        collect(bytes, text, places, [&](std::size_t at) { return text.front() != '/' || starts_path(bytes, at); });
        if (places.empty())
            continue;
        const auto found = text.front() == '/' ? path_at(bytes, places.front()) : text;
        all += fmt::format("{}{}", all.empty() ? "" : ", ", found);
        if (places.size() > 1)
            all += fmt::format(" and {} more", places.size() - 1);
    }
    return all.empty() ? std::nullopt : std::optional(all);
}

} // namespace sf::verify
