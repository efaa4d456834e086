#include "image/apt_sources.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;

/// deb822 names of the options that are kept, and their names in one-line files.
constexpr std::array<std::pair<const char*, const char*>, 4> kept_options = {
    {{"Signed-By", "signed-by"},
     {"Trusted", "trusted"},
     {"Check-Valid-Until", "check-valid-until"},
     {"Allow-Insecure", "allow-insecure"}}};

std::string lower(std::string text)
{
    for (char& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::vector<std::string> words(std::string_view text)
{
    std::vector<std::string> result;
    std::string word;
    for (const char c : text) {
        if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) {
            word += c;
            continue;
        }
        if (!word.empty())
            result.push_back(std::move(word));
        word.clear();
    }
    if (!word.empty())
        result.push_back(std::move(word));
    return result;
}

bool contains(const std::vector<std::string>& list, std::string_view word)
{
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// "[signed-by=/a.gpg arch=amd64]" without its brackets.
std::map<std::string, std::string> bracket_options(std::string_view text)
{
    std::map<std::string, std::string> options;
    for (const auto& word : words(text)) {
        const auto equals = word.find('=');
        if (equals == std::string::npos)
            continue;
        for (const auto& [name, one_line_name] : kept_options)
            if (lower(word.substr(0, equals)) == one_line_name)
                options[name] = util::join(words(util::replace_all(word.substr(equals + 1), ",", " ")), " ");
    }
    std::erase_if(options, [](const auto& option) { return option.second.empty(); });
    return options;
}

std::optional<AptSource> parse_line(std::string_view line)
{
    line = util::trim(line.substr(0, line.find('#')));
    if (!line.starts_with("deb ") && !line.starts_with("deb\t"))
        return std::nullopt;
    line = util::trim(line.substr(4));
    AptSource source;
    if (line.starts_with('[')) {
        const auto end = line.find(']');
        if (end == std::string_view::npos)
            return std::nullopt;
        source.options = bracket_options(line.substr(1, end - 1));
        line = line.substr(end + 1);
    }
    auto parts = words(line);
    if (parts.size() < 2)
        return std::nullopt;
    source.uris = {parts[0]};
    source.suites = {parts[1]};
    source.components.assign(parts.begin() + 2, parts.end());
    return source;
}

using Stanza = std::map<std::string, std::string>; // field in lower case -> value, lines kept

std::vector<Stanza> parse_stanzas(std::string_view text)
{
    std::vector<Stanza> stanzas(1);
    std::string field;
    for (const auto& line : util::split(text, '\n')) {
        if (line.starts_with('#'))
            continue;
        if (util::trim(line).empty()) {
            if (!stanzas.back().empty())
                stanzas.emplace_back();
            field.clear();
            continue;
        }
        if (line.front() == ' ' || line.front() == '\t') {
            if (!field.empty())
                stanzas.back()[field] += "\n" + std::string(util::trim(line));
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string::npos)
            continue;
        field = lower(line.substr(0, colon));
        stanzas.back()[field] = std::string(util::trim(line.substr(colon + 1)));
    }
    return stanzas;
}

std::string without_slash(std::string suite)
{
    while (suite.size() > 1 && suite.back() == '/')
        suite.pop_back();
    return suite;
}

/// Nothing of these is released, so nothing of them is updated: they stand alone in the archive.
constexpr std::array lone_suites = {"sid", "unstable", "experimental"};

/// The entries for `from` and its companions, renamed to `to`.
std::vector<AptSource> entries_for(const std::vector<AptSource>& sources, const std::string& from,
                                   const std::string& to)
{
    std::vector<std::string> companions = {""};
    if (std::find(lone_suites.begin(), lone_suites.end(), to) == lone_suites.end())
        companions.insert(companions.end(), {"-updates", "-security"});
    std::vector<AptSource> result;
    bool has_main_suite = false;
    for (const auto& source : sources) {
        if (!contains(source.components, "main"))
            continue;
        auto wanted = source;
        wanted.suites.clear();
        for (const auto& written : source.suites)
            for (const auto& companion : companions)
                if (without_slash(written) == from + companion) {
                    wanted.suites.push_back(to + companion);
                    has_main_suite = has_main_suite || companion.empty();
                }
        if (!wanted.suites.empty())
            result.push_back(std::move(wanted));
    }
    if (!has_main_suite)
        result.clear();
    return result;
}

} // namespace

std::vector<AptSource> parse_one_line_sources(std::string_view text)
{
    std::vector<AptSource> sources;
    for (const auto& line : util::split(text, '\n'))
        if (auto source = parse_line(line))
            sources.push_back(std::move(*source));
    return sources;
}

std::vector<AptSource> parse_deb822_sources(std::string_view text)
{
    std::vector<AptSource> sources;
    for (auto& stanza : parse_stanzas(text)) {
        const auto enabled = lower(stanza["enabled"]);
        if (!contains(words(stanza["types"]), "deb") || enabled == "no" || enabled == "false" || enabled == "0")
            continue;
        AptSource source{words(stanza["uris"]), words(stanza["suites"]), words(stanza["components"]), {}};
        if (source.uris.empty() || source.suites.empty())
            continue;
        for (const auto& [name, ignored] : kept_options)
            if (const auto& value = stanza[lower(name)]; !value.empty())
                source.options[name] = value;
        sources.push_back(std::move(source));
    }
    return sources;
}

std::vector<AptSource> read_sources(const stdfs::path& etc_apt)
{
    auto files = util::readable_paths_in(etc_apt / "sources.list.d");
    files.insert(files.begin(), etc_apt / "sources.list");
    std::vector<AptSource> sources;
    for (const auto& file : files) {
        const auto text = util::read_file(file);
        const bool deb822 = file.extension() == ".sources";
        if (!text || (!deb822 && file.extension() != ".list"))
            continue;
        auto found = deb822 ? parse_deb822_sources(*text) : parse_one_line_sources(*text);
        std::move(found.begin(), found.end(), std::back_inserter(sources));
    }
    return sources;
}

std::vector<AptSource> select_sources(const std::vector<AptSource>& sources, const std::string& suite,
                                      const std::string& host_suite)
{
    auto own = entries_for(sources, suite, suite);
    return own.empty() && !host_suite.empty() ? entries_for(sources, host_suite, suite) : own;
}

void accept_expired(std::vector<AptSource>& sources)
{
    for (auto& source : sources)
        source.options["Check-Valid-Until"] = "no";
}

std::string to_deb822(const std::vector<AptSource>& sources)
{
    std::string text;
    for (const auto& source : sources) {
        text += fmt::format("{}Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\n", text.empty() ? "" : "\n",
                            util::join(source.uris, " "), util::join(source.suites, " "),
                            util::join(source.components, " "));
        for (const auto& [name, value] : source.options)
            text += fmt::format("{}: {}\n", name, util::replace_all(value, "\n", "\n "));
    }
    return text;
}

bool all_local(const std::vector<AptSource>& sources)
{
    auto local = [](const std::string& uri) {
        return uri.starts_with("file:") || uri.starts_with("copy:") || uri.starts_with("cdrom:");
    };
    return !sources.empty() && std::all_of(sources.begin(), sources.end(), [&local](const AptSource& source) {
        return std::all_of(source.uris.begin(), source.uris.end(), local);
    });
}

} // namespace sf::image
