#include "relocate/text_files.hpp"

#include "relocate/rewrite.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace sf::relocate {

namespace {

constexpr std::string_view definition = "prefix";

/// From the directory of `relative` to the prefix: "/../.." for lib/pkgconfig/x.pc.
std::string way_up(const std::filesystem::path& relative)
{
    std::string text;
    for (const auto& part : relative.parent_path())
        text += part.empty() ? "" : "/..";
    return text;
}

/// Whether a file name could go on with this character, so that "/opt/slurm/software2" is not below the prefix.
bool continues_name(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == '+';
}

std::string replace_prefix(std::string_view text, const std::string& prefix, std::string_view replacement)
{
    std::string result;
    while (true) {
        const auto found = text.find(prefix);
        result += text.substr(0, found);
        if (found == std::string_view::npos)
            return result;
        text.remove_prefix(found + prefix.size());
        const bool other = !text.empty() && continues_name(text.front());
        result += other ? std::string_view(prefix) : replacement;
    }
}

/// The value where the line is "prefix=VALUE".
std::optional<std::string_view> defined_prefix(std::string_view line)
{
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || util::trim(line.substr(0, equals)) != definition)
        return std::nullopt;
    return util::trim(line.substr(equals + 1));
}

} // namespace

std::string relocate_pkgconfig(std::string_view text, const std::string& prefix, const std::filesystem::path& relative)
{
    if (text.find(prefix) == std::string_view::npos)
        return std::string(text);
    const auto computed = "${pcfiledir}" + way_up(relative);
    const auto definition_line = fmt::format("{}={}", definition, computed);
    auto lines = util::split(text, '\n');
    const auto own = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return defined_prefix(line); });
    if (own != lines.end() && below_prefix(*defined_prefix(*own), prefix) != ".") {
        // The variable means something else here and must keep it.
        for (auto& line : lines)
            line = replace_prefix(line, prefix, computed);
        return util::join(lines, "\n");
    }
    const auto first_use = std::find_if(lines.begin(), lines.end(),
                                        [&](const auto& line) { return line.find(prefix) != std::string::npos; });
    if (own != lines.end() && own == first_use) {
        *own = definition_line;
    } else {
        // A variable must be defined before the lines that use it.
        if (own != lines.end())
            lines.erase(own);
        lines.insert(lines.begin(), definition_line);
    }
    for (auto& line : lines)
        line = replace_prefix(line, prefix, "${prefix}");
    return util::join(lines, "\n");
}

std::string relocate_cmake(std::string_view text, const std::string& prefix, const std::filesystem::path& relative)
{
    return replace_prefix(text, prefix, "${CMAKE_CURRENT_LIST_DIR}" + way_up(relative));
}

std::optional<std::string> interpreter_of(std::string_view text)
{
    constexpr std::string_view start = "#!";
    if (!text.starts_with(start))
        return std::nullopt;
    const auto line = util::trim(text.substr(start.size(), text.find('\n') - start.size()));
    return std::string(line.substr(0, line.find_first_of(" \t")));
}

} // namespace sf::relocate
