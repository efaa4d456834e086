// Reading YAML strictly: every fault is "file:line:column: what", with a hint. Used for recipes, image recipes and
// configuration files.
//
//     SF_TRY(auto document, yaml::Document::load(path));
//     SF_TRY(auto top, document.root().mapping({"suite", "packages"}));   // any other key is an error
//     SF_TRY(auto suite, top.require("suite"));
//     SF_TRY(recipe.suite, suite.text());
//     SF_CHECK(top.read("packages", recipe.packages));                    // absent: left as it is
//
// Scalars are kept as they are written, so that `version: 24.10` stays "24.10". Anchors, aliases and several documents
// in one file are refused; so is a key that stands twice in one mapping.
#pragma once

#include "util/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sf::yaml {

/// Where in a file something stands; line and column count from 1.
struct Location {
    std::string file;
    int line = 0;
    int column = 0;
    /// "file:line:column"
    [[nodiscard]] std::string to_string() const;
};

struct Element;
class Mapping;

/// One value of a document, a cursor into it: cheap to copy, valid as long as its Document.
class Value {
public:
    enum class Kind { empty, scalar, sequence, mapping };

    [[nodiscard]] Kind kind() const;
    [[nodiscard]] Location location() const;

    /// Any scalar, as written (without quotes).
    [[nodiscard]] util::Result<std::string> text() const;
    /// `true` or `false`.
    [[nodiscard]] util::Result<bool> boolean() const;
    /// A decimal whole number in [min, max].
    [[nodiscard]] util::Result<std::uint64_t>
    number(std::uint64_t min = 0, std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) const;
    /// Any scalar, as `parse` reads it: the fault that it finds is one of this value.
    template <typename T> [[nodiscard]] util::Result<T> parsed(util::Result<T> (*parse)(std::string_view)) const
    {
        SF_TRY(const auto word, text());
        auto value = parse(word);
        if (!value)
            return fail(value.error().message, value.error().hint);
        return value;
    }
    [[nodiscard]] util::Result<std::vector<Value>> sequence() const;
    /// A sequence of scalars.
    [[nodiscard]] util::Result<std::vector<std::string>> texts() const;
    /// A mapping that has no keys but `known`; another one is an error that names the nearest.
    [[nodiscard]] util::Result<Mapping> mapping(std::span<const std::string_view> known) const;
    [[nodiscard]] util::Result<Mapping> mapping(std::initializer_list<std::string_view> known) const;
    /// A mapping with any keys.
    [[nodiscard]] util::Result<Mapping> mapping() const;

    /// The error (code recipe) "file:line:column: what" for a fault of this value.
    [[nodiscard]] tl::unexpected<util::Error> fail(std::string_view what, std::string hint = {}) const;
    /// fail() for a fault inside a scalar's text, at byte `offset` of it.
    [[nodiscard]] tl::unexpected<util::Error> fail_inside(std::size_t offset, std::string_view what,
                                                          std::string hint = {}) const;

private:
    friend class Document;
    friend class Mapping;
    Value(const std::string& file, const Element& node, std::string label) :
        file_(&file), node_(&node), label_(std::move(label))
    {
    }
    [[nodiscard]] tl::unexpected<util::Error> wrong_kind(std::string_view wanted) const;

    const std::string* file_;
    const Element* node_;
    std::string label_; ///< what messages call this value: "'license'", "an item of 'versions'"
};

/// The keys and values of one mapping, in file order.
class Mapping {
public:
    struct Entry {
        std::string key;
        Location where; ///< of the key
        Value value;
    };
    [[nodiscard]] std::vector<Entry> entries() const;
    [[nodiscard]] std::optional<Value> find(std::string_view key) const;
    /// The value of a key that must be there.
    [[nodiscard]] util::Result<Value> require(std::string_view key) const;

    /// Sets `out` when the key is there; leaves it alone when not.
    [[nodiscard]] util::Status read(std::string_view key, std::string& out) const;
    [[nodiscard]] util::Status read(std::string_view key, bool& out) const;
    [[nodiscard]] util::Status read(std::string_view key, std::uint64_t& out) const;
    [[nodiscard]] util::Status read(std::string_view key, unsigned& out) const;
    [[nodiscard]] util::Status read(std::string_view key, std::vector<std::string>& out) const;

    /// The mapping itself, to report faults of the whole.
    [[nodiscard]] const Value& value() const { return value_; }

private:
    friend class Value;
    explicit Mapping(Value value) : value_(std::move(value)) {}
    Value value_;
};

/// One parsed file; owns everything its Values point at.
class Document {
public:
    /// `file` is the name used in messages.
    [[nodiscard]] static util::Result<Document> parse(std::string_view text, std::string file);
    [[nodiscard]] static util::Result<Document> load(const std::filesystem::path& path);

    Document(Document&& other) noexcept;
    Document& operator=(Document&& other) noexcept;
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;
    ~Document();

    /// The top value. Kind empty for a file without content.
    [[nodiscard]] Value root() const;

private:
    struct Content;
    explicit Document(std::unique_ptr<Content> content);
    std::unique_ptr<Content> content_;
};

} // namespace sf::yaml
