#include "releases/listing.hpp"

#include "http/url.hpp"
#include "util/text.hpp"
#include "json/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sf::releases {
namespace {

using util::ErrorCode;

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_quote = 200;
constexpr std::size_t most_names = std::size_t{1} << 17U;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_space(char c)
{
    return std::string_view(" \t\r\n\f").find(c) != std::string_view::npos;
}

/// find() without regard to the case of `text`; `word` is lower case.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from)
{
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())), text.end(),
                                   word.begin(), word.end(), [](char a, char b) { return lower(a) == b; });
    return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

/// The last part of an address's path; of a directory its own name.
std::string last_part(std::string_view address)
{
    address = address.substr(0, address.find_first_of("?#"));
    while (address.ends_with('/'))
        address.remove_suffix(1);
    return http::percent_decode(address.substr(address.rfind('/') + 1)); // npos + 1 is 0
}

/// Keeps what can be a name: of a file, which has no `/`, or of a tag, which may have some.
void add_name(std::vector<std::string>& names, std::string name, bool is_tag = false)
{
    const bool good = !name.empty() && name.size() <= longest_name && name != "." && name != ".." &&
                      std::none_of(name.begin(), name.end(), [is_tag](char c) {
                          return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || (c == '/' && !is_tag);
                      });
    if (good && names.size() < most_names)
        names.push_back(std::move(name));
}

/// The values of attributes href.
void add_links(std::string_view html, std::vector<std::string>& names)
{
    constexpr std::string_view attribute = "href";
    for (auto at = find_word(html, attribute, 0); at != std::string_view::npos; at = find_word(html, attribute, at)) {
        at += attribute.size();
        while (at < html.size() && is_space(html[at]))
            ++at;
        if (at >= html.size() || html[at] != '=')
            continue;
        do
            ++at;
        while (at < html.size() && is_space(html[at]));
        if (at >= html.size())
            return;
        const bool quote = html[at] == '"' || html[at] == '\'';
        const auto begin = quote ? at + 1 : at;
        const auto end = quote ? html.find(html[at], begin) : html.find_first_of(" \t\r\n\f>", begin);
        if (end == std::string_view::npos)
            return;
        add_name(names, last_part(util::replace_all(std::string(html.substr(begin, end - begin)), "&amp;", "&")));
        at = end;
    }
}

/// The keys in S3's answer to a request for a bucket.
void add_keys(std::string_view xml, std::vector<std::string>& names)
{
    constexpr std::string_view open = "<Key>";
    for (auto at = xml.find(open); at != std::string_view::npos; at = xml.find(open, at)) {
        at += open.size();
        const auto end = xml.find('<', at);
        if (end == std::string_view::npos)
            return;
        add_name(names, last_part(xml.substr(at, end - at)));
        at = end;
    }
}

void add_lines(std::string_view text, std::vector<std::string>& names)
{
    for (const auto& line : util::split(text, '\n')) {
        const auto words = util::trim(line);
        const auto gap = words.find_last_of(" \t");
        add_name(names, last_part(words.substr(gap == std::string_view::npos ? 0 : gap + 1)));
    }
}

bool is_hex_sum(std::string_view text)
{
    constexpr std::size_t digits = 64;
    return text.size() == digits && util::Digest::parse(std::string(text)).has_value();
}

/// The sum and the file that a line names; the file is empty where there is none.
std::optional<std::pair<std::string, std::string>> read_sum_line(std::string_view line)
{
    constexpr std::string_view bsd = "SHA256 (";
    constexpr std::string_view equals = ") = ";
    if (line.starts_with(bsd)) {
        const auto end = line.rfind(equals);
        if (end == std::string_view::npos || end < bsd.size() || !is_hex_sum(line.substr(end + equals.size())))
            return std::nullopt;
        return std::pair(std::string(line.substr(end + equals.size())),
                         std::string(line.substr(bsd.size(), end - bsd.size())));
    }
    const auto gap = line.find_first_of(" \t");
    const auto sum = line.substr(0, gap);
    if (!is_hex_sum(sum))
        return std::nullopt;
    auto name = gap == std::string_view::npos ? std::string_view() : util::trim(line.substr(gap));
    if (name.starts_with('*')) // sha256sum --binary
        name.remove_prefix(1);
    return std::pair(std::string(sum), std::string(name.substr(name.rfind('/') + 1)));
}

} // namespace

util::Result<std::vector<std::string>> parse_listing(std::string_view text)
{
    std::vector<std::string> names;
    if (text.find('<') == std::string_view::npos) {
        if (text.find('\0') == std::string_view::npos) // a program or an archive
            add_lines(text, names);
    } else {
        add_links(text, names);
        add_keys(text, names);
    }
    if (names.empty())
        return util::fail(ErrorCode::verify, "this is not a listing: it names no files");
    return names;
}

util::Result<std::vector<std::string>> parse_tags(std::string_view text)
{
    const auto read = json::read(text);
    if (!read)
        return util::fail(ErrorCode::verify, "this is not a list of tags: " + read.error().message);
    if (read->is_object() && read->contains("message") && read->at("message").is_string())
        return util::fail(ErrorCode::verify,
                          fmt::format("the server says: {}",
                                      read->at("message").get_ref<const std::string&>().substr(0, longest_quote)));
    if (!read->is_array())
        return util::fail(ErrorCode::verify, "this is not a list of tags");
    std::vector<std::string> names;
    for (const auto& tag : *read) {
        const auto name = tag.is_object() ? tag.find("name") : tag.end();
        if (!tag.is_object() || name == tag.end() || !name->is_string())
            return util::fail(ErrorCode::verify, "this is not a list of tags: an item has no name");
        add_name(names, name->get<std::string>(), true);
    }
    return names;
}

util::Result<util::Digest> parse_checksum(std::string_view text, std::string_view file)
{
    std::vector<std::string> nameless;
    for (const auto& line : util::split(text, '\n')) {
        const auto read = read_sum_line(util::trim(line));
        if (!read)
            continue;
        if (read->second == file)
            return *util::Digest::parse(read->first);
        if (read->second.empty())
            nameless.push_back(read->first);
    }
    if (nameless.size() == 1)
        return *util::Digest::parse(nameless.front());
    return util::fail(ErrorCode::verify, fmt::format("it has no sha256 of {}", file));
}

} // namespace sf::releases
