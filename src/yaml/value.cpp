#include "yaml/element.hpp"
#include "yaml/yaml.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sf::yaml {
namespace {

std::string_view describe(Value::Kind kind)
{
    switch (kind) {
    case Value::Kind::empty:
        return "nothing";
    case Value::Kind::scalar:
        return "a single value";
    case Value::Kind::sequence:
        return "a list";
    case Value::Kind::mapping:
        return "a mapping";
    }
    return "";
}

} // namespace

std::string Location::to_string() const
{
    return fmt::format("{}:{}:{}", file, line, column);
}

Value::Kind Value::kind() const
{
    return node_->kind;
}

Location Value::location() const
{
    return {*file_, node_->where.line, node_->where.column};
}

util::Result<std::string> Value::text() const
{
    if (kind() != Kind::scalar)
        return wrong_kind("a single value");
    return node_->text;
}

util::Result<bool> Value::boolean() const
{
    if (kind() == Kind::scalar && node_->text == "true")
        return true;
    if (kind() == Kind::scalar && node_->text == "false")
        return false;
    if (kind() != Kind::scalar)
        return wrong_kind("true or false");
    return fail(fmt::format("{} must be true or false, not '{}'", label_, node_->text));
}

util::Result<std::uint64_t> Value::number(std::uint64_t min, std::uint64_t max) const
{
    if (kind() != Kind::scalar)
        return wrong_kind("a whole number");
    std::uint64_t number = 0;
    const char* end = node_->text.data() + node_->text.size();
    const auto [stopped, error] = std::from_chars(node_->text.data(), end, number);
    const bool whole = stopped == end && (error == std::errc{} || error == std::errc::result_out_of_range);
    if (!whole)
        return fail(fmt::format("{} must be a whole number, not '{}'", label_, node_->text));
    if (error != std::errc{} || number < min || number > max)
        return fail(fmt::format("{} must be between {} and {}, not {}", label_, min, max, node_->text));
    return number;
}

util::Result<std::vector<Value>> Value::sequence() const
{
    if (kind() != Kind::sequence)
        return wrong_kind("a list");
    std::vector<Value> values;
    values.reserve(node_->children.size());
    for (const Element& child : node_->children)
        values.push_back(Value(*file_, child, "an item of " + label_));
    return values;
}

util::Result<std::vector<std::string>> Value::texts() const
{
    SF_TRY(const auto values, sequence());
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const Value& value : values) {
        SF_TRY(auto text, value.text());
        texts.push_back(std::move(text));
    }
    return texts;
}

util::Result<Mapping> Value::mapping(std::span<const std::string_view> known) const
{
    SF_TRY(auto mapping, this->mapping());
    for (const MappingKey& key : node_->keys) {
        if (std::find(known.begin(), known.end(), key.text) != known.end())
            continue;
        const std::vector<std::string> names(known.begin(), known.end());
        const auto near = util::nearest(key.text, names);
        return util::fail(
            util::ErrorCode::recipe,
            fmt::format("{}:{}:{}: unknown key '{}' in {}", *file_, key.where.line, key.where.column, key.text, label_),
            near ? fmt::format("did you mean '{}'?", *near) : "known keys: " + util::join(names, ", "));
    }
    return mapping;
}

util::Result<Mapping> Value::mapping(std::initializer_list<std::string_view> known) const
{
    return mapping(std::span(known.begin(), known.size()));
}

util::Result<Mapping> Value::mapping() const
{
    if (kind() != Kind::mapping)
        return wrong_kind("a mapping (key: value)");
    return Mapping(*this);
}

tl::unexpected<util::Error> Value::fail(std::string_view what, std::string hint) const
{
    return util::fail(util::ErrorCode::recipe, fmt::format("{}: {}", location().to_string(), what), std::move(hint));
}

tl::unexpected<util::Error> Value::fail_inside(std::size_t offset, std::string_view what, std::string hint) const
{
    Location where = location();
    const bool one_line = node_->text.find('\n') == std::string::npos;
    if (one_line && node_->text_column != std::string::npos)
        where.column += static_cast<int>(node_->text_column + offset);
    return util::fail(util::ErrorCode::recipe, fmt::format("{}: {}", where.to_string(), what), std::move(hint));
}

tl::unexpected<util::Error> Value::wrong_kind(std::string_view wanted) const
{
    return fail(fmt::format("{} must be {}, not {}", label_, wanted, describe(kind())));
}

std::vector<Mapping::Entry> Mapping::entries() const
{
    const Element& node = *value_.node_;
    std::vector<Entry> entries;
    entries.reserve(node.keys.size());
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const MappingKey& key = node.keys[i];
        entries.push_back({key.text,
                           {*value_.file_, key.where.line, key.where.column},
                           Value(*value_.file_, node.children[i], fmt::format("'{}'", key.text))});
    }
    return entries;
}

std::optional<Value> Mapping::find(std::string_view key) const
{
    const Element& node = *value_.node_;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        if (node.keys[i].text == key)
            return Value(*value_.file_, node.children[i], fmt::format("'{}'", key));
    }
    return std::nullopt;
}

util::Result<Value> Mapping::require(std::string_view key) const
{
    if (auto value = find(key))
        return *value;
    return value_.fail(fmt::format("{} lacks the key '{}'", value_.label_, key));
}

util::Status Mapping::read(std::string_view key, std::string& out) const
{
    if (const auto value = find(key)) {
        SF_TRY(out, value->text());
    }
    return {};
}

util::Status Mapping::read(std::string_view key, bool& out) const
{
    if (const auto value = find(key)) {
        SF_TRY(out, value->boolean());
    }
    return {};
}

util::Status Mapping::read(std::string_view key, std::uint64_t& out) const
{
    if (const auto value = find(key)) {
        SF_TRY(out, value->number());
    }
    return {};
}

util::Status Mapping::read(std::string_view key, unsigned& out) const
{
    if (const auto value = find(key)) {
        SF_TRY(const auto number, value->number(0, std::numeric_limits<unsigned>::max()));
        out = static_cast<unsigned>(number);
    }
    return {};
}

util::Status Mapping::read(std::string_view key, std::vector<std::string>& out) const
{
    if (const auto value = find(key)) {
        SF_TRY(out, value->texts());
    }
    return {};
}

} // namespace sf::yaml
