#include "site/kind.hpp"

#include "http/url.hpp"
#include "site/layers.hpp"
#include "util/byte_size.hpp"
#include "util/text.hpp"
#include "yaml/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <system_error>
#include <utility>

namespace sf::site::kind {
namespace {

using util::ErrorCode;
using util::Result;
using util::Status;

constexpr unsigned longest_seconds = 24 * 3600;

/// A kind made of three functions over the field's value.
template <typename T, typename Show, typename Read, typename Take> class Functions final : public Kind {
public:
    Functions(const Field<T>& field, Show to_show, Read to_read, Take to_take) :
        field_(field), show_(std::move(to_show)), read_(std::move(to_read)), take_(std::move(to_take))
    {
    }

    [[nodiscard]] std::string show(const Site& site) const override { return show_(field_.of(site)); }
    [[nodiscard]] Status read(Site& site, const yaml::Value& value, const ConfigFile& file) const override
    {
        return read_(field_.of(site), value, file);
    }
    [[nodiscard]] Status take(Site& site, const Words& words, const Giver& giver) const override
    {
        return take_(field_.of(site), words, giver);
    }

private:
    Field<T> field_;
    Show show_;
    Read read_;
    Take take_;
};

template <typename T, typename Show, typename Read, typename Take>
std::unique_ptr<Kind> functions(const Field<T>& field, Show show, Read read, Take take)
{
    return std::make_unique<Functions<T, Show, Read, Take>>(field, std::move(show), std::move(read), std::move(take));
}

/// A kind whose values are one text each, which replaces that of the layers below.
template <typename T, typename Show, typename Read, typename Take>
std::unique_ptr<Kind> single(const Field<T>& field, Show show, Read read, Take take)
{
    return functions(
        field, std::move(show),
        [read = std::move(read)](T& out, const yaml::Value& value, const ConfigFile& file) -> Status {
            SF_TRY(out, read(value, file));
            return {};
        },
        [take = std::move(take)](T& out, const Words& words, const Giver& giver) -> Status {
            SF_TRY(out, take(words.front(), giver));
            return {};
        });
}

/// A kind with as many values as wanted, which join those of the layers below.
template <typename T, typename Show, typename Read, typename Take>
std::unique_ptr<Kind> list(const Field<T>& field, const char* type, Show show, Read read, Take take)
{
    auto kind = functions(field, std::move(show), std::move(read), std::move(take));
    kind->form = Kind::Form::list;
    kind->type = type;
    return kind;
}

/// "`a`, `b`"
std::string as_code(const Words& words)
{
    return "`" + util::join(words, "`, `") + "`";
}

std::string as_is(const std::string& text)
{
    return text;
}

Result<std::string> read_text(const yaml::Value& value, const ConfigFile& /*file*/)
{
    return value.text();
}

Result<std::string> take_text(const std::string& text, const Giver& /*giver*/)
{
    return text;
}

Result<bool> take_flag(const std::string& text, const Giver& giver)
{
    const bool on = text == "1" || text == "true" || text == "yes";
    if (!on && text != "0" && text != "false" && text != "no")
        return util::fail(ErrorCode::usage, fmt::format("{} must be 1 or 0, not '{}'", giver.name, text));
    return on;
}

Result<unsigned> take_number(const std::string& text, const Range& range, const Giver& giver)
{
    const unsigned min = std::max(range.min, giver.option == nullptr ? 0 : giver.option->least);
    unsigned number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && stopped == end && number >= min && number <= range.max)
        return number;
    if (giver.option != nullptr || min > 0)
        return util::fail(ErrorCode::usage,
                          fmt::format("{} must be between {} and {}, not {}", giver.name, min, range.max, text));
    return util::fail(ErrorCode::usage,
                      fmt::format("{} must be a whole number up to {}, not '{}'", giver.name, range.max, text),
                      *range.zero == '\0' ? "" : fmt::format("0 means {}", range.zero));
}

unsigned count_of(unsigned number)
{
    return number;
}

unsigned count_of(std::chrono::seconds time)
{
    return static_cast<unsigned>(time.count());
}

template <typename T> std::unique_ptr<Kind> whole_number(const Field<T>& field, const Range& range)
{
    auto kind = single(
        field, [](T value) { return std::to_string(count_of(value)); },
        [range](const yaml::Value& value, const ConfigFile& /*file*/) -> Result<T> {
            SF_TRY(const auto number, value.number(range.min, range.max));
            return T(static_cast<unsigned>(number));
        },
        [range](const std::string& text, const Giver& giver) -> Result<T> {
            SF_TRY(const auto number, take_number(text, range, giver));
            return T(number);
        });
    kind->form = Kind::Form::number;
    kind->type = fmt::format("{}{}{}-{}", range.unit, *range.unit == '\0' ? "" : ", ", range.min, range.max);
    return kind;
}

/// In the largest unit that divides it.
std::string show_size(std::uint64_t bytes)
{
    static constexpr std::array<std::pair<const char*, unsigned>, 4> units = {
        {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};
    for (const auto& [unit, shift] : units)
        if (bytes != 0 && bytes % (1ULL << shift) == 0)
            return fmt::format("{}{}", bytes >> shift, unit);
    return std::to_string(bytes);
}

/// A path of the file: relative ones are relative to where the file lies.
Result<std::filesystem::path> read_path(const yaml::Value& value, const ConfigFile& file)
{
    SF_TRY(const auto text, value.text());
    if (text.empty())
        return value.fail("a path is empty");
    if (text.starts_with("~/")) {
        if (!file.home)
            return value.fail(fmt::format("'{}' needs HOME, which is not set", text), "write an absolute path");
        return (std::filesystem::path(*file.home) / text.substr(2)).lexically_normal();
    }
    return (file.path.parent_path() / text).lexically_normal();
}

bool is_url(const std::string& text)
{
    return text.find("://") != std::string::npos;
}

/// A text that has a grammar of its own; in a file a fault is reported at its column.
template <typename T, typename Show>
std::unique_ptr<Kind> parsed(const Field<T>& field, const std::string& name,
                             spec::Parsed<T> (*parse)(const std::string&), Show show)
{
    return single(
        field, show,
        [name, parse](const yaml::Value& value, const ConfigFile& /*file*/) -> Result<T> {
            SF_TRY(const auto text, value.text());
            auto parsed = parse(text);
            if (!parsed)
                return value.fail_inside(parsed.error().offset,
                                         fmt::format("bad {} \"{}\": {}", name, text, parsed.error().what),
                                         parsed.error().hint);
            return std::move(*parsed);
        },
        [parse](const std::string& text, const Giver& giver) -> Result<T> {
            auto parsed = parse(text);
            if (!parsed)
                return parsed.error().to_error(giver.name, text);
            return std::move(*parsed);
        });
}

/// One of some words that another module knows.
template <typename T, typename Show>
std::unique_ptr<Kind> known_word(const Field<T>& field, Result<T> (*parse)(std::string_view), Show show)
{
    auto kind = single(
        field, show, [parse](const yaml::Value& value, const ConfigFile& /*file*/) { return value.parsed(parse); },
        [parse](const std::string& text, const Giver& giver) -> Result<T> {
            auto value = parse(text);
            if (!value)
                return util::fail(std::move(value).error(), "reading " + giver.name);
            return value;
        });
    kind->is_code = true;
    return kind;
}

} // namespace

Made flag(const Field<bool>& field)
{
    auto kind = single(
        field, [](bool value) { return value ? "true" : "false"; },
        [](const yaml::Value& value, const ConfigFile& /*file*/) { return value.boolean(); }, take_flag);
    kind->form = Kind::Form::flag;
    kind->type = "`true`/`false`";
    kind->is_code = true;
    return kind;
}

Made number(const Field<unsigned>& field, const Range& range)
{
    return whole_number(field, range);
}

Made seconds(const Field<std::chrono::seconds>& field)
{
    return whole_number(field, {.min = 1, .max = longest_seconds, .unit = "seconds"});
}

Made size(const Field<std::uint64_t>& field, const std::string& name)
{
    constexpr const char* hint = "write a whole number of bytes, or one with a unit: 512MiB, 8GiB";
    auto kind = single(
        field, show_size,
        [name](const yaml::Value& value, const ConfigFile& /*file*/) -> Result<std::uint64_t> {
            SF_TRY(const auto text, value.text());
            if (const auto bytes = util::parse_size(text))
                return *bytes;
            return value.fail(fmt::format("'{}' must be a size, not '{}'", name, text), hint);
        },
        [](const std::string& text, const Giver& giver) -> Result<std::uint64_t> {
            if (const auto bytes = util::parse_size(text))
                return *bytes;
            return util::fail(ErrorCode::usage, fmt::format("{} must be a size, not '{}'", giver.name, text), hint);
        });
    kind->type = "size";
    return kind;
}

Made text(const Field<std::string>& field)
{
    auto kind = single(field, as_is, read_text, take_text);
    kind->type = "name";
    return kind;
}

Made choice(const Field<std::string>& field, const std::string& name, const Words& words)
{
    const auto is_known = [words](const std::string& text) {
        return text.empty() || std::find(words.begin(), words.end(), text) != words.end();
    };
    const auto hint = fmt::format("{}s: {}", name, util::join(words, ", "));
    auto kind = single(
        field, as_is,
        [=](const yaml::Value& value, const ConfigFile& /*file*/) -> Result<std::string> {
            SF_TRY(auto text, value.text());
            if (!is_known(text))
                return value.fail(fmt::format("unknown {} '{}'", name, text), hint);
            return text;
        },
        [=](const std::string& text, const Giver& giver) -> Result<std::string> {
            if (!is_known(text))
                return util::fail(ErrorCode::usage, fmt::format("{}: unknown {} '{}'", giver.name, name, text), hint);
            return text;
        });
    kind->type = as_code(words);
    kind->is_code = true;
    return kind;
}

Made word(const Field<bool>& field, const std::string& name, const char* first, const char* second)
{
    const auto fault_of = [first, second](const std::string& what, const std::string& text) {
        return text == first || text == second
                   ? std::string()
                   : fmt::format("{} must be {} or {}, not '{}'", what, first, second, text);
    };
    auto kind = single(
        field, [first, second](bool value) { return value ? second : first; },
        [=](const yaml::Value& value, const ConfigFile& /*file*/) -> Result<bool> {
            SF_TRY(const auto text, value.text());
            if (const auto fault = fault_of("'" + name + "'", text); !fault.empty())
                return value.fail(fault);
            return text == second;
        },
        [=](const std::string& text, const Giver& giver) -> Result<bool> {
            if (const auto fault = fault_of(giver.name, text); !fault.empty())
                return util::fail(ErrorCode::usage, fault);
            return text == second;
        });
    kind->type = as_code({first, second});
    kind->is_code = true;
    return kind;
}

Made path(const Field<std::filesystem::path>& field)
{
    auto kind = single(
        field, [](const std::filesystem::path& path) { return path.string(); }, read_path,
        [](const std::string& text, const Giver& /*giver*/) { return make_absolute(text); });
    kind->type = "path";
    return kind;
}

Made paths(const Field<Paths>& field)
{
    return list(
        field, "list of paths",
        [](const Paths& all) {
            Words texts;
            for (const auto& path : all)
                texts.push_back(path.string());
            return util::join(texts, ", ");
        },
        [](Paths& all, const yaml::Value& value, const ConfigFile& file) -> Status {
            SF_TRY(const auto items, value.sequence());
            for (const auto& item : items) {
                SF_TRY(auto path, read_path(item, file));
                all.push_back(std::move(path));
            }
            return {};
        },
        [](Paths& all, const Words& words, const Giver& /*giver*/) -> Status {
            for (const auto& word : words) {
                SF_TRY(auto path, make_absolute(word));
                all.push_back(std::move(path));
            }
            return {};
        });
}

Made place(const Field<std::string>& field)
{
    auto kind = single(
        field, as_is,
        [](const yaml::Value& value, const ConfigFile& file) -> Result<std::string> {
            SF_TRY(auto text, value.text());
            if (is_url(text))
                return text;
            SF_TRY(const auto path, read_path(value, file));
            return path.string();
        },
        [](const std::string& text, const Giver& /*giver*/) -> Result<std::string> {
            if (is_url(text))
                return text;
            SF_TRY(const auto path, make_absolute(text));
            return path.string();
        });
    kind->type = "directory or URL";
    return kind;
}

Made places(const Field<Words>& field, const Places& places)
{
    return list(
        field, "list",
        [](const Words& all) {
            Words texts;
            for (const auto& place : all)
                texts.push_back(http::without_password(place));
            return util::join(texts, ", ");
        },
        [places](Words& all, const yaml::Value& value, const ConfigFile& file) -> Status {
            SF_TRY(const auto items, value.sequence());
            Words found;
            for (const auto& item : items) {
                SF_TRY(const auto text, item.text());
                auto place = parse_place(text, file.path.parent_path(), places);
                if (!place)
                    return item.fail(place.error());
                found.push_back(std::move(*place));
            }
            all.insert(all.begin(), found.begin(), found.end());
            return {};
        },
        [places](Words& all, const Words& words, const Giver& giver) -> Status {
            SF_TRY(const auto here, make_absolute("."));
            Words found;
            for (const auto& word : words) {
                auto place = parse_place(word, here, places);
                if (!place)
                    return util::fail(ErrorCode::usage, fmt::format("{}: {}", origin_of(giver), place.error()));
                found.push_back(std::move(*place));
            }
            all.insert(all.begin(), found.begin(), found.end());
            return {};
        });
}

Made slurm_version(const Field<std::string>& field, const std::string& name)
{
    auto kind = parsed(field, name, parse_slurm_version, as_is);
    kind->type = "version";
    return kind;
}

Made variants(const Field<spec::VariantValues>& field, const std::string& name)
{
    auto kind = parsed(field, name, parse_variants, [](const spec::VariantValues& values) {
        spec::Spec spec;
        spec.variants = values;
        return spec.to_string();
    });
    kind->type = "variants";
    return kind;
}

Made hardening(const Field<spec::HardeningLevel>& field)
{
    auto kind = known_word(field, spec::parse_hardening_level,
                           [](spec::HardeningLevel level) { return std::string(spec::to_string(level)); });
    Words words;
    for (const auto level : spec::all_hardening_levels)
        words.emplace_back(spec::to_string(level));
    kind->type = as_code(words);
    return kind;
}

Made floor(const Field<spec::Floor>& field)
{
    auto kind = known_word(field, spec::Floor::parse, [](const spec::Floor& floor) { return floor.to_string(); });
    kind->type = as_code({spec::known_floors.begin(), spec::known_floors.end()});
    return kind;
}

Made variables(const Field<Variables>& field, const Words& prefixes)
{
    return list(
        field, "mapping",
        [](const Variables& all) {
            Words texts;
            for (const auto& [name, value] : all)
                texts.push_back(fmt::format("{}={}", name, value));
            return util::join(texts, ", ");
        },
        [prefixes](Variables& all, const yaml::Value& value, const ConfigFile& /*file*/) -> Status {
            SF_TRY(const auto mapping, value.mapping());
            for (const auto& [name, where, text] : mapping.entries()) {
                if (std::none_of(prefixes.begin(), prefixes.end(),
                                 [&name = name](const std::string& prefix) { return name.starts_with(prefix); }))
                    return text.fail(fmt::format("'{}' is not one of {}* and {}*", name,
                                                 util::join({prefixes.begin(), prefixes.end() - 1}, "*, "),
                                                 prefixes.back()),
                                     "flags of the compiler go into packages: {NAME: {cflags: ...}}");
                SF_TRY(all[name], text.text());
            }
            return {};
        },
        [](Variables& /*all*/, const Words& /*words*/, const Giver& /*giver*/) -> Status {
            return {}; // neither option nor variable is declared
        });
}

Made packages(const Field<preference::Preferences>& field)
{
    using preference::Preferences;
    return list(
        field, "mapping",
        [](const Preferences& preferences) {
            Words names;
            for (const auto& [name, package] : preferences.packages)
                names.push_back(name);
            return util::join(names, ", ");
        },
        [](Preferences& preferences, const yaml::Value& value, const ConfigFile& /*file*/) -> Status {
            SF_TRY(auto packages, preference::read_packages(value));
            preferences.overlay(std::move(packages));
            return {};
        },
        // Files that are named, over those that lie in their places.
        [](Preferences& preferences, const Words& words, const Giver& giver) -> Status {
            for (const auto& file : words) {
                auto packages = preference::load_packages_file(file);
                if (!packages)
                    return util::fail(std::move(packages).error(),
                                      fmt::format("reading the file that {} names", giver.name));
                preferences.overlay(std::move(*packages));
            }
            return {};
        });
}

} // namespace sf::site::kind
