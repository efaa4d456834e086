#include "source/apt_config.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>

namespace sf::source {

namespace {

namespace fs = std::filesystem;

/// Options that say whether and how an archive is trusted; the rest (architectures, languages) is about binaries.
constexpr std::array<std::string_view, 9> kept_options = {
    "signed-by",         "trusted",    "allow-insecure",  "allow-weak",     "allow-downgrade-to-insecure",
    "check-valid-until", "check-date", "valid-until-max", "date-max-future"};

std::string lower(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return result;
}

std::vector<std::string> words(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    std::vector<std::string> result;
    for (auto begin = text.find_first_not_of(blanks); begin != std::string_view::npos;) {
        const auto end = std::min(text.find_first_of(blanks, begin), text.size());
        result.emplace_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(blanks, end);
    }
    return result;
}

bool contains(const std::vector<std::string>& list, std::string_view item)
{
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_kept(std::string_view option)
{
    return std::find(kept_options.begin(), kept_options.end(), option) != kept_options.end();
}

/// "[signed-by=/a,/b arch=amd64]" without the brackets.
std::map<std::string, std::string> parse_options(std::string_view text)
{
    std::map<std::string, std::string> options;
    for (const auto& word : words(text)) {
        const auto equals = word.find('=');
        if (equals == std::string::npos)
            continue;
        const auto name = lower(word.substr(0, equals));
        if (is_kept(name))
            options[name] = util::replace_all(word.substr(equals + 1), ",", " ");
    }
    return options;
}

std::optional<AptEntry> parse_line(std::string_view line)
{
    line = util::trim(line.substr(0, line.find('#')));
    const auto type_end = line.find_first_of(" \t");
    if (type_end == std::string_view::npos ||
        (line.substr(0, type_end) != "deb" && line.substr(0, type_end) != "deb-src"))
        return std::nullopt;
    line = util::trim(line.substr(type_end));
    AptEntry entry;
    if (line.starts_with('[')) {
        const auto close = line.find(']');
        if (close == std::string_view::npos)
            return std::nullopt;
        entry.options = parse_options(line.substr(1, close - 1));
        line.remove_prefix(close + 1);
    }
    const auto fields = words(line);
    if (fields.size() < 2)
        return std::nullopt;
    entry.uris = {fields[0]};
    entry.suites = {fields[1]};
    entry.components.assign(fields.begin() + 2, fields.end());
    return entry;
}

/// The fields of one stanza by lower-case name. Continuation lines keep their line end and leading blank.
std::map<std::string, std::string> parse_fields(const std::vector<std::string>& lines)
{
    std::map<std::string, std::string> fields;
    std::string* current = nullptr;
    for (const auto& line : lines) {
        const auto colon = line.find(':');
        if (line.front() == ' ' || line.front() == '\t') {
            if (current != nullptr)
                *current += "\n" + line;
        } else if (colon != std::string::npos) {
            current = &fields[lower(util::trim(line.substr(0, colon)))];
            *current = util::trim(std::string_view(line).substr(colon + 1));
        }
    }
    return fields;
}

std::optional<AptEntry> parse_stanza(const std::vector<std::string>& lines)
{
    auto fields = parse_fields(lines);
    const auto types = words(fields["types"]);
    const auto enabled = lower(fields["enabled"]);
    if ((!contains(types, "deb") && !contains(types, "deb-src")) || enabled == "no" || enabled == "false")
        return std::nullopt;
    AptEntry entry{.uris = words(fields["uris"]),
                   .suites = words(fields["suites"]),
                   .components = words(fields["components"]),
                   .options = {}};
    for (const auto& [name, value] : fields) {
        if (is_kept(name))
            entry.options[name] = value;
    }
    return entry;
}

/// Looks like Debian's own archive or a mirror of it, rather than a third party's that uses the same suite names.
bool looks_like_debian(const AptEntry& entry)
{
    const auto key = entry.options.find("signed-by");
    if (key != entry.options.end() && key->second.find("debian-archive") != std::string::npos)
        return true;
    return std::any_of(entry.uris.begin(), entry.uris.end(), [](std::string_view uri) {
        while (uri.ends_with('/'))
            uri.remove_suffix(1);
        return uri.ends_with("/debian") || uri.ends_with("/debian-security") ||
               uri.find("/archive/debian") != std::string_view::npos || uri.ends_with("/debian.list") ||
               uri.ends_with("/debian-security.list");
    });
}

/// The first entry with component main and one of the suites; one that looks like Debian's, if there is such.
std::optional<AptEntry> pick(const std::vector<AptEntry>& entries, std::string_view codename, std::string_view ending)
{
    constexpr std::array<std::string_view, 5> classes = {"oldstable", "stable", "testing", "unstable", "sid"};
    const AptEntry* other = nullptr;
    for (const auto& entry : entries) {
        if (!contains(entry.components, "main") || entry.uris.empty())
            continue;
        const bool named = !codename.empty() && contains(entry.suites, std::string(codename) + std::string(ending));
        const bool classed = std::any_of(classes.begin(), classes.end(), [&](std::string_view name) {
            return contains(entry.suites, std::string(name) + std::string(ending));
        });
        const bool debian = looks_like_debian(entry);
        if (debian && (named || classed))
            return entry;
        if (named && other == nullptr)
            other = &entry;
    }
    return other != nullptr ? std::optional(*other) : std::nullopt;
}

void append_stanza(std::string& text, const AptEntry& entry, const std::string& suite)
{
    text += fmt::format("Types: deb-src\nURIs: {}\nSuites: {}\nComponents: main\n", util::join(entry.uris, " "), suite);
    for (const auto& [name, value] : entry.options)
        text += fmt::format("{}: {}\n", name, value);
    text += "\n";
}

} // namespace

std::vector<AptEntry> parse_one_line_sources(std::string_view text)
{
    std::vector<AptEntry> entries;
    for (const auto& line : util::split(text, '\n')) {
        if (auto entry = parse_line(line))
            entries.push_back(std::move(*entry));
    }
    return entries;
}

std::vector<AptEntry> parse_deb822_sources(std::string_view text)
{
    std::vector<AptEntry> entries;
    std::vector<std::string> stanza;
    auto lines = util::split(text, '\n');
    lines.emplace_back(); // ends the last stanza
    for (auto& line : lines) {
        if (line.starts_with('#'))
            continue;
        if (!util::trim(line).empty()) {
            stanza.push_back(std::move(line));
            continue;
        }
        if (auto entry = parse_stanza(stanza))
            entries.push_back(std::move(*entry));
        stanza.clear();
    }
    return entries;
}

std::vector<AptEntry> read_host_sources(const fs::path& etc_apt)
{
    auto files = util::readable_paths_in(etc_apt / "sources.list.d");
    files.insert(files.begin(), etc_apt / "sources.list");
    std::vector<AptEntry> entries;
    for (const auto& file : files) {
        const bool deb822 = file.extension() == ".sources";
        if (!deb822 && file.extension() != ".list")
            continue;
        const auto text = util::read_file(file);
        if (!text)
            continue;
        auto more = deb822 ? parse_deb822_sources(*text) : parse_one_line_sources(*text);
        std::move(more.begin(), more.end(), std::back_inserter(entries));
    }
    return entries;
}

util::Result<HostArchive> choose_archive(const std::vector<AptEntry>& entries, const std::string& codename)
{
    auto main = pick(entries, codename, "");
    if (!main)
        return util::fail(util::ErrorCode::source,
                          codename.empty() ? std::string("this host's apt has no entry for a Debian archive")
                                           : fmt::format("this host's apt has no entry for Debian {} main", codename));
    return HostArchive{.main = std::move(*main), .security = pick(entries, codename, "-security")};
}

std::string read_codename(const fs::path& os_release)
{
    constexpr std::string_view field = "VERSION_CODENAME=";
    const auto text = util::read_file(os_release);
    if (!text)
        return {};
    for (const auto& line : util::split(*text, '\n')) {
        if (line.starts_with(field)) {
            const auto quoted = util::trim(std::string_view(line).substr(field.size()));
            return util::replace_all(util::replace_all(std::string(quoted), "\"", ""), "'", "");
        }
    }
    return {};
}

std::vector<std::string> pool_uris(const HostArchive& archive, const std::string& package, const std::string& file)
{
    constexpr std::size_t library_prefix = 4; // "libx", where others have one letter
    const auto drawer = package.substr(0, package.starts_with("lib") ? library_prefix : 1);
    std::vector<std::string> uris;
    const auto add = [&](const AptEntry& entry, const char* pool) {
        for (const auto& uri : entry.uris)
            uris.push_back(
                fmt::format("{}{}{}/main/{}/{}/{}", uri, uri.ends_with('/') ? "" : "/", pool, drawer, package, file));
    };
    add(archive.main, "pool");
    if (archive.security)
        add(*archive.security, "pool/updates");
    return uris;
}

std::vector<std::string> pool_urls(const HostArchive& archive, const std::string& package, const std::string& file)
{
    auto urls = pool_uris(archive, package, file);
    std::erase_if(urls, [](const auto& uri) { return !uri.starts_with("http://") && !uri.starts_with("https://"); });
    return urls;
}

std::string private_sources(const HostArchive& archive, const std::string& suite)
{
    std::string text;
    append_stanza(text, archive.main, suite);
    // Unstable gets its security updates directly.
    if (archive.security && suite != "sid")
        append_stanza(text, *archive.security, suite + "-security");
    return text;
}

} // namespace sf::source
