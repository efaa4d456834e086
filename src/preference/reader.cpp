// From the YAML to Preferences.
#include "preference/preference.hpp"
#include "preference/spack_spec.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

namespace sf::preference {
namespace {

using Entry = yaml::Mapping::Entry;

constexpr std::string_view everything = "all";

// Keys of Spack's that are about what slurm-factory does another way or not at all.
constexpr std::array<std::string_view, 5> meaningless_keys = {"compiler", "deprecation", "package_attributes",
                                                              "permissions", "set"};
constexpr std::array<std::string_view, 4> meaningless_external_keys = {"dependencies", "extra_attributes", "id",
                                                                       "modules"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> flag_keys = {{
    {"cflags", "CFLAGS"},
    {"cppflags", "CPPFLAGS"},
    {"cxxflags", "CXXFLAGS"},
    {"ldflags", "LDFLAGS"},
}};

tl::unexpected<util::Error> fail_at(const yaml::Location& where, std::string_view what, std::string hint)
{
    return util::fail(util::ErrorCode::recipe, fmt::format("{}: {}", where.to_string(), what), std::move(hint));
}

/// The entries of a mapping, without the ':' that a key of Spack's may end in: "it replaces what lower files say".
struct MarkedEntry {
    Entry entry;
    bool marked = false;
};

util::Result<std::vector<MarkedEntry>> read_entries(const yaml::Value& value)
{
    std::vector<MarkedEntry> entries;
    if (value.kind() == yaml::Value::Kind::empty)
        return entries;
    SF_TRY(const auto mapping, value.mapping());
    std::map<std::string, int> lines; // of the keys
    for (auto& entry : mapping.entries()) {
        const bool marked = entry.key.ends_with(':');
        if (marked)
            entry.key.pop_back();
        const auto [same, is_new] = lines.emplace(entry.key, entry.where.line);
        if (!is_new)
            return fail_at(entry.where,
                           fmt::format("key '{}' appears twice, first in line {}", entry.key, same->second),
                           "merge the two or remove one");
        entries.push_back({std::move(entry), marked});
    }
    return entries;
}

/// true or false, also capitalised as in Python.
util::Result<bool> read_flag(const yaml::Value& value)
{
    if (value.kind() == yaml::Value::Kind::scalar) {
        SF_TRY(const auto text, value.text());
        if (text == "True" || text == "TRUE")
            return true;
        if (text == "False" || text == "FALSE")
            return false;
    }
    return value.boolean();
}

/// A single value stands for a list of one.
util::Result<std::vector<yaml::Value>> read_list(const yaml::Value& value)
{
    if (value.kind() == yaml::Value::Kind::scalar)
        return std::vector<yaml::Value>{value};
    return value.sequence();
}

/// A Spack spec, and the parts of it that have no effect here.
struct PartialSpec {
    spec::Spec spec;
    std::vector<std::string> dropped;
    [[nodiscard]] bool says_nothing() const { return spec == spec::Spec(); }
};

util::Result<PartialSpec> read_partial_spec(const yaml::Value& value)
{
    SF_TRY(const auto text, value.text());
    auto reduced = reduce_spec(text);
    if (!reduced.dropped.empty() && util::trim(reduced.text).empty())
        return PartialSpec{{}, std::move(reduced.dropped)};
    auto spec = spec::Spec::read(reduced.text);
    if (spec)
        return PartialSpec{std::move(*spec), std::move(reduced.dropped)};
    const auto& fault = spec.error();
    return value.fail_inside(
        fault.offset, fmt::format("bad spec \"{}\", column {}: {}", text, fault.offset + 1, fault.what), fault.hint);
}

class Reader {
public:
    util::Result<Preferences> read(const yaml::Value& value)
    {
        SF_TRY(const auto entries, read_entries(value));
        for (const auto& [entry, marked] : entries) {
            if (!spec::is_name(entry.key))
                return fail_at(entry.where, fmt::format("'{}' cannot be a package's name", entry.key),
                               "use letters, digits, '-' and '_'");
            SF_TRY(auto package, read_package(entry));
            package.replaces = marked;
            read_.packages.emplace(entry.key, std::move(package));
        }
        return std::move(read_);
    }

private:
    void note(const yaml::Location& where, std::string_view what)
    {
        read_.notes.push_back(fmt::format("{}:{}: {}", where.file, where.line, what));
    }

    void note_meaningless(const yaml::Location& where, const std::vector<std::string>& names)
    {
        for (const auto& name : names)
            note(where, fmt::format("'{}' has no meaning here", name));
    }

    /// A spec that is worth having without what Spack alone understands.
    util::Result<spec::Spec> read_spec(const yaml::Value& value)
    {
        SF_TRY(auto partial, read_partial_spec(value));
        note_meaningless(value.location(), partial.dropped);
        return std::move(partial.spec);
    }

    util::Result<PackagePreference> read_package(const Entry& named)
    {
        PackagePreference package;
        package.where = named.where;
        SF_TRY(const auto entries, read_entries(named.value));
        for (const auto& [entry, marked] : entries) {
            if (std::find(meaningless_keys.begin(), meaningless_keys.end(), entry.key) != meaningless_keys.end()) {
                note_meaningless(entry.where, {entry.key});
                continue;
            }
            SF_CHECK(read_key(named.key, entry, package));
            package.keys.emplace(entry.key, entry.where);
        }
        return package;
    }

    util::Status read_key(const std::string& name, const Entry& entry, PackagePreference& package)
    {
        const auto& [key, where, value] = entry;
        if (key == "externals")
            return read_externals(name, entry, package.externals);
        if (key == "buildable") {
            SF_TRY(package.buildable, read_flag(value));
            return {};
        }
        if (key == "version")
            return read_versions(name, value, package.versions);
        if (key == "variants")
            return read_variants(value, package.variants);
        if (key == "require")
            return read_constraints(entry, package.require);
        if (key == "prefer")
            return read_constraints(entry, package.prefer);
        if (key == "conflict")
            return read_constraints(entry, package.conflict);
        if (key == "providers")
            return read_providers(name, entry);
        if (key == "target")
            return read_target(value, package.target);
        for (const auto& [flag_key, variable] : flag_keys) {
            if (key == flag_key)
                return read_flags(value, package.flags[std::string(variable)]);
        }
        return unknown_key(name, entry);
    }

    static util::Status unknown_key(const std::string& name, const Entry& entry)
    {
        std::vector<std::string> known = {"externals", "buildable", "version",   "variants", "require",
                                          "prefer",    "conflict",  "providers", "target"};
        for (const auto& flag_key : flag_keys)
            known.emplace_back(flag_key.first);
        const auto keys = util::join(known, ", ");
        known.insert(known.end(), meaningless_keys.begin(), meaningless_keys.end());
        const auto near = util::nearest(entry.key, known);
        return fail_at(entry.where, fmt::format("unknown key '{}' in '{}'", entry.key, name),
                       near ? fmt::format("did you mean '{}'?", *near) : "known keys: " + keys);
    }

    util::Status read_externals(const std::string& name, const Entry& entry, std::vector<External>& out)
    {
        if (name == everything)
            return fail_at(entry.where, "'externals' is not allowed under 'all'", "put each under its package's name");
        SF_TRY(const auto items, entry.value.sequence());
        for (const auto& item : items) {
            SF_TRY(auto external, read_external(name, item));
            if (external)
                out.push_back(std::move(*external));
        }
        return {};
    }

    /// nullopt: there is nothing here that a build could use.
    util::Result<std::optional<External>> read_external(const std::string& name, const yaml::Value& value)
    {
        SF_TRY(const auto mapping,
               value.mapping({"spec", "prefix", "modules", "extra_attributes", "id", "dependencies"}));
        for (const auto& entry : mapping.entries()) {
            const auto& without = meaningless_external_keys;
            if (std::find(without.begin(), without.end(), entry.key) != without.end())
                note_meaningless(entry.where, {entry.key});
        }
        SF_TRY(const auto spec_value, mapping.require("spec"));
        External external;
        external.where = value.location();
        SF_TRY(external.spec, read_spec(spec_value));
        if (external.spec.name != name)
            return spec_value.fail(fmt::format("the external \"{}\" is not of '{}'", external.spec.to_string(), name),
                                   fmt::format("begin its spec with the package's name: {}@VERSION", name));
        if (!mapping.find("prefix") && mapping.find("modules")) {
            note(external.where,
                 fmt::format("the external '{}' has modules only and is left out", external.spec.to_string()));
            return std::nullopt;
        }
        SF_TRY(const auto prefix, mapping.require("prefix"));
        SF_TRY(external.prefix, prefix.text());
        if (external.prefix.starts_with('$') || external.prefix.starts_with('~')) {
            note(prefix.location(),
                 fmt::format("variables are not expanded: the external at '{}' is left out", external.prefix));
            return std::nullopt;
        }
        if (!external.prefix.starts_with('/'))
            return prefix.fail(fmt::format("the prefix '{}' is not an absolute path", external.prefix),
                               "give the directory that holds bin, include and lib");
        return external;
    }

    util::Status read_versions(const std::string& name, const yaml::Value& value,
                               std::vector<spec::VersionRange>& versions)
    {
        SF_TRY(const auto items, read_list(value));
        for (const auto& item : items) {
            SF_TRY(const auto text, item.text());
            auto range = spec::VersionRange::read(text);
            if (!range)
                return item.fail_inside(range.error().offset,
                                        fmt::format("bad version \"{}\": {}", text, range.error().what),
                                        range.error().hint);
            versions.push_back(std::move(*range));
        }
        if (name == everything) {
            note(value.location(), "'version' has no meaning under 'all'");
            versions.clear();
        }
        return {};
    }

    util::Status read_variants(const yaml::Value& value, spec::VariantValues& variants)
    {
        SF_TRY(const auto items, read_list(value));
        for (const auto& item : items) {
            SF_TRY(auto spec, read_spec(item));
            if (!spec.name.empty() || spec.versions || !spec.target.empty() || !spec.dependencies.empty())
                return item.fail("'variants' holds variants only", "write +name, ~name or name=value");
            for (auto& [name, wanted] : spec.variants) {
                if (!variants.emplace(name, wanted).second)
                    return item.fail(fmt::format("variant '{}' is given twice", name), "remove one");
            }
        }
        return {};
    }

    util::Status read_constraints(const Entry& entry, std::vector<Requirement>& out)
    {
        SF_TRY(const auto items, read_list(entry.value));
        for (const auto& item : items) {
            SF_TRY(auto requirement, read_constraint(entry.key, item));
            if (requirement)
                out.push_back(std::move(*requirement));
        }
        return {};
    }

    /// nullopt: without what has no meaning here it would say something else.
    util::Result<std::optional<Requirement>> read_constraint(const std::string& key, const yaml::Value& value)
    {
        Requirement requirement;
        requirement.where = value.location();
        std::vector<yaml::Value> specs{value};
        std::string condition;
        if (value.kind() == yaml::Value::Kind::mapping) {
            const bool groups = key == "require";
            SF_TRY(const auto mapping, groups ? value.mapping({"spec", "one_of", "any_of", "when", "message"})
                                              : value.mapping({"spec", "when", "message"}));
            SF_TRY(specs, read_group(mapping, groups, requirement.mode));
            SF_CHECK(mapping.read("message", requirement.message));
            if (const auto when = mapping.find("when")) {
                SF_TRY(auto partial, read_partial_spec(*when));
                if (!partial.dropped.empty())
                    return leave_out(key, requirement, partial);
                requirement.when = std::move(partial.spec);
            }
        }
        std::vector<std::string> dropped;
        for (const auto& item : specs) {
            SF_TRY(auto partial, read_partial_spec(item));
            // A conflict with less in it forbids more. One that says nothing holds for every package: a group with
            // it in is no constraint (any_of) or one on the rest of the group (one_of).
            if (partial.says_nothing() || (key == "conflict" && !partial.dropped.empty()))
                return leave_out(key, requirement, partial);
            dropped.insert(dropped.end(), partial.dropped.begin(), partial.dropped.end());
            requirement.specs.push_back(std::move(partial.spec));
        }
        note_meaningless(requirement.where, dropped);
        return requirement;
    }

    std::optional<Requirement> leave_out(const std::string& key, const Requirement& requirement,
                                         const PartialSpec& partial)
    {
        note(requirement.where,
             fmt::format("this '{}' is left out, as '{}' has no meaning here", key, util::join(partial.dropped, " ")));
        return std::nullopt;
    }

    static util::Result<std::vector<yaml::Value>> read_group(const yaml::Mapping& mapping, bool groups,
                                                             Requirement::Mode& mode)
    {
        const auto spec = mapping.find("spec");
        const auto one_of = mapping.find("one_of");
        const auto any_of = mapping.find("any_of");
        if (int(spec.has_value()) + int(one_of.has_value()) + int(any_of.has_value()) != 1)
            return mapping.value().fail(groups ? "one of 'spec', 'one_of' and 'any_of' is expected here"
                                               : "'spec' is expected here");
        if (spec)
            return std::vector<yaml::Value>{*spec};
        mode = any_of ? Requirement::Mode::any_of : Requirement::Mode::one_of;
        const auto& group = any_of ? *any_of : *one_of;
        SF_TRY(auto items, group.sequence());
        if (items.empty())
            return group.fail("the list of specs is empty");
        return items;
    }

    util::Status read_providers(const std::string& name, const Entry& entry)
    {
        SF_TRY(const auto virtuals, read_entries(entry.value));
        if (name != everything)
            note(entry.where, "'providers' has a meaning under 'all' only");
        for (const auto& [provided, marked] : virtuals) {
            SF_TRY(const auto items, read_list(provided.value));
            std::vector<std::string> names;
            for (const auto& item : items) {
                SF_TRY(auto spec, read_spec(item));
                if (spec.name.empty())
                    return item.fail(fmt::format("a package's name is expected as a provider of '{}'", provided.key));
                auto provider = std::exchange(spec.name, {});
                if (spec != spec::Spec())
                    note(item.location(),
                         fmt::format("of a provider only the name counts: '{}' has no meaning here", spec.to_string()));
                names.push_back(std::move(provider));
            }
            if (name == everything)
                read_.providers[provided.key] = std::move(names);
        }
        return {};
    }

    util::Status read_target(const yaml::Value& value, std::string& target)
    {
        SF_TRY(const auto items, read_list(value));
        for (const auto& item : items) {
            SF_TRY(auto text, item.text());
            if (target.empty() && spec::is_name(text))
                target = std::move(text);
            else if (target.empty())
                note(item.location(), fmt::format("the target '{}' is not a single one and is left out", text));
            else
                note(item.location(), fmt::format("the target '{}' is left out: '{}' comes first", text, target));
        }
        return {};
    }

    static util::Status read_flags(const yaml::Value& value, std::string& flags)
    {
        SF_TRY(const auto text, value.text());
        flags = std::string(util::trim(text));
        if (flags.find('\n') != std::string::npos)
            return value.fail("flags must be on one line", "write a long line as `>-` folded text");
        return {};
    }

    Preferences read_;
};

} // namespace

util::Result<Preferences> read_packages(const yaml::Value& packages)
{
    return Reader().read(packages);
}

util::Result<Preferences> load_packages_file(const std::filesystem::path& path)
{
    SF_TRY(const auto document, yaml::Document::load(path));
    SF_TRY(const auto entries, read_entries(document.root()));
    Preferences preferences;
    for (const auto& [entry, marked] : entries) {
        if (entry.key != "packages")
            return fail_at(entry.where, fmt::format("unknown key '{}' in the file", entry.key),
                           "everything in such a file is under 'packages:'");
        SF_TRY(preferences, read_packages(entry.value));
        preferences.replaces = marked;
    }
    return preferences;
}

} // namespace sf::preference
