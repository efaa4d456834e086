// Versions and ranges of versions, ordered as Spack orders them:
// https://spack.readthedocs.io/en/latest/packaging_guide.html#version-comparison
#pragma once

#include "spec/fault.hpp"
#include "util/error.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::spec {

/// A dotted version: "24.11.5", "6.5+20250216", "5.0.0rc1". Digits compare as numbers, letters as text and before
/// numbers; a pre-release word (alpha, beta, pre, rc) sorts before the release. Separators (. - _ +) do not count.
/// A '+' must be followed by a digit: in a spec "@24.11+pmix" is version 24.11 with a variant.
/// parse(to_string()) == itself.
class Version {
public:
    [[nodiscard]] static util::Result<Version> parse(std::string_view text);
    /// parse() with the fault's place apart.
    [[nodiscard]] static Parsed<Version> read(std::string_view text);

    [[nodiscard]] const std::string& to_string() const { return text_; }
    /// True for equal versions and for series: "24.11" is a prefix of "24.11.5", not of "24.110", nor of the
    /// pre-release "24.11rc1", which comes before it.
    [[nodiscard]] bool is_prefix_of(const Version& other) const;
    /// The first `count` components, as written: series of "24.11.5" with 2 is "24.11".
    [[nodiscard]] std::string up_to(std::size_t count) const;

    std::strong_ordering operator<=>(const Version& other) const;
    bool operator==(const Version& other) const { return std::is_eq(*this <=> other); }

private:
    /// In the order in which parts of different kinds compare; `end` stands behind the last part.
    enum class Kind { prerelease, end, word, number };
    struct Part {
        Kind kind = Kind::end;
        std::uint64_t number = 0;
        std::string word;
        std::size_t text_end = 0; ///< where it ends in text_
    };
    [[nodiscard]] static std::strong_ordering compare(const Part& left, const Part& right);
    Version() = default;
    std::string text_;
    std::vector<Part> parts_;
};

/// A union of ranges in Spack's grammar: "24.11" (the series), "=24.11.5" (exact), "1.2:1.4" (both ends
/// included, as series), "1.2:", ":1.4", ":" (any), and commas between them. parse(to_string()) == itself.
class VersionRange {
public:
    [[nodiscard]] static util::Result<VersionRange> parse(std::string_view text);
    /// parse() with the fault's place apart.
    [[nodiscard]] static Parsed<VersionRange> read(std::string_view text);
    [[nodiscard]] bool contains(const Version& version) const;
    [[nodiscard]] const std::string& to_string() const { return text_; }
    bool operator==(const VersionRange& other) const { return text_ == other.text_; }

private:
    struct Interval {
        std::optional<Version> low;
        std::optional<Version> high;
        bool exact = false;
        [[nodiscard]] bool contains(const Version& version) const;
    };
    [[nodiscard]] static Parsed<Interval> read_interval(std::string_view text);
    VersionRange() = default;
    std::string text_;
    std::vector<Interval> intervals_;
};

} // namespace sf::spec
