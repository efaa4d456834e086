// How a package differs from what hardening asks for.
#include "recipe/reader.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::recipe {
namespace {

util::Result<spec::Protection> read_protection(const yaml::Value& value)
{
    SF_TRY(const auto word, value.text());
    std::vector<std::string> names;
    for (const auto protection : spec::all_protections) {
        if (spec::to_string(protection) == word)
            return protection;
        names.emplace_back(spec::to_string(protection));
    }
    const auto near = util::nearest(word, names);
    return value.fail(fmt::format("there is no protection '{}'", word),
                      near ? fmt::format("did you mean '{}'?", *near) : "protections: " + util::join(names, ", "));
}

/// One value, or a list of at least one.
util::Result<std::vector<yaml::Value>> one_or_more(const yaml::Value& value)
{
    if (value.kind() != yaml::Value::Kind::sequence)
        return std::vector<yaml::Value>{value};
    SF_TRY(auto items, value.sequence());
    if (items.empty())
        return value.fail("the list is empty");
    return items;
}

/// Every protection of 'what' for every glob of 'path'.
util::Status read_exceptions(const yaml::Value& value, std::vector<HardeningException>& exceptions)
{
    SF_TRY(const auto entry, value.mapping({"what", "path", "reason"}));
    SF_TRY(const auto what, entry.require("what"));
    SF_TRY(const auto path, entry.require("path"));
    SF_TRY(const auto reason, entry.require("reason"));
    SF_TRY(const auto protections, one_or_more(what));
    SF_TRY(const auto paths, one_or_more(path));
    HardeningException exception;
    SF_TRY(exception.reason, reason.text());
    if (exception.reason.empty())
        return reason.fail("the reason is empty", "say why the file cannot have the protection");
    for (const auto& one : paths) {
        SF_TRY(exception.path, read_relative_path(one));
        for (const auto& protection : protections) {
            SF_TRY(exception.what, read_protection(protection));
            exceptions.push_back(exception);
        }
    }
    return {};
}

} // namespace

util::Result<Hardening> read_hardening(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"without", "allow"}));
    Hardening hardening;
    if (const auto allow = mapping.find("allow")) {
        SF_TRY(const auto items, allow->sequence());
        for (const auto& item : items)
            SF_CHECK(read_exceptions(item, hardening.allow));
    }
    const auto without = mapping.find("without");
    if (!without)
        return hardening;
    SF_TRY(const auto items, without->sequence());
    for (const auto& item : items) {
        SF_TRY(const auto protection, read_protection(item));
        // Of stack-clash no trace is in the files, so that the audit cannot miss it.
        const bool excused = protection == spec::Protection::stack_clash ||
                             std::any_of(hardening.allow.begin(), hardening.allow.end(),
                                         [protection](const auto& allowed) { return allowed.what == protection; });
        if (!excused)
            return item.fail(
                fmt::format("no item of 'allow' says why the package is built without {}", spec::to_string(protection)),
                fmt::format("add {{what: {}, path: GLOB, reason: WHY}} to 'allow'", spec::to_string(protection)));
        hardening.without.insert(protection);
    }
    return hardening;
}

} // namespace sf::recipe
