#include "spec/version.hpp"

#include "spec/characters.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sf::spec {
namespace {

constexpr std::array<std::string_view, 4> prerelease_words = {"alpha", "beta", "pre", "rc"};

bool is_prerelease(std::string_view word)
{
    return std::find(prerelease_words.begin(), prerelease_words.end(), word) != prerelease_words.end();
}

std::string printable(char c)
{
    if (c > ' ' && c < '\x7f')
        return fmt::format("'{}'", c);
    return c == ' ' ? std::string("a space") : fmt::format("byte 0x{:02x}", static_cast<unsigned char>(c));
}

/// Nothing, or what is wrong with the separator at `i`.
std::optional<Fault> check_separator(std::string_view text, std::size_t i)
{
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '+' && !util::is_digit(next))
        return Fault{i, "a '+' inside a version must be followed by a digit", {}};
    if (i == 0 || !(util::is_digit(next) || is_letter(next)))
        return Fault{i, fmt::format("'{}' must be between digits or letters", text[i]), {}};
    return std::nullopt;
}

} // namespace

util::Result<Version> Version::parse(std::string_view text)
{
    auto version = read(text);
    if (!version)
        return version.error().to_error("version", text);
    return std::move(*version);
}

Parsed<Version> Version::read(std::string_view text)
{
    if (text.empty())
        return tl::unexpected(Fault{0, "a version is expected, such as 24.11.5", {}});
    Version version;
    version.text_ = std::string(text);
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        Part part;
        if (util::is_digit(text[i])) {
            while (i < text.size() && util::is_digit(text[i]))
                ++i;
            part.kind = Kind::number;
            const auto converted = std::from_chars(text.data() + start, text.data() + i, part.number);
            if (converted.ec != std::errc{})
                return tl::unexpected(Fault{start, "this number is too large for a version", {}});
        } else if (is_letter(text[i])) {
            while (i < text.size() && is_letter(text[i]))
                ++i;
            part.word = std::string(text.substr(start, i - start));
            part.kind = is_prerelease(part.word) ? Kind::prerelease : Kind::word;
        } else if (is_version_separator(text[i])) {
            if (auto fault = check_separator(text, i))
                return tl::unexpected(std::move(*fault));
            ++i;
            continue;
        } else {
            return tl::unexpected(Fault{i, printable(text[i]) + " is not allowed in a version", {}});
        }
        part.text_end = i;
        version.parts_.push_back(std::move(part));
    }
    return version;
}

bool Version::is_prefix_of(const Version& other) const
{
    if (other.parts_.size() < parts_.size())
        return false;
    const bool same = std::equal(parts_.begin(), parts_.end(), other.parts_.begin(),
                                 [](const Part& left, const Part& right) { return std::is_eq(compare(left, right)); });
    return same && (other.parts_.size() == parts_.size() || other.parts_[parts_.size()].kind != Kind::prerelease);
}

std::string Version::up_to(std::size_t count) const
{
    if (count == 0)
        return {};
    return text_.substr(0, parts_[std::min(count, parts_.size()) - 1].text_end);
}

std::strong_ordering Version::compare(const Part& left, const Part& right)
{
    if (const auto order = left.kind <=> right.kind; std::is_neq(order))
        return order;
    if (const auto order = left.number <=> right.number; std::is_neq(order))
        return order;
    return left.word.compare(right.word) <=> 0;
}

std::strong_ordering Version::operator<=>(const Version& other) const
{
    const Part end;
    const std::size_t count = std::max(parts_.size(), other.parts_.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto order =
            compare(i < parts_.size() ? parts_[i] : end, i < other.parts_.size() ? other.parts_[i] : end);
        if (std::is_neq(order))
            return order;
    }
    return std::strong_ordering::equal;
}

} // namespace sf::spec
