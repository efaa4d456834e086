#include "verify/policy.hpp"

#include "util/byte_size.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"
#include "yaml/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sf::verify {
namespace {

/// A key of two words: whether it says the second.
util::Status read_choice(const yaml::Mapping& mapping, std::string_view key, std::string_view no, std::string_view yes,
                         std::optional<bool>& out)
{
    const auto value = mapping.find(key);
    if (!value)
        return {};
    SF_TRY(const auto text, value->text());
    if (text != no && text != yes)
        return value->fail(fmt::format("'{}' cannot be '{}'", key, text), fmt::format("write {} or {}", no, yes));
    out = text == yes;
    return {};
}

util::Status read_choice(const yaml::Mapping& mapping, std::string_view key, std::string_view no, std::string_view yes,
                         bool& out)
{
    std::optional<bool> said;
    SF_CHECK(read_choice(mapping, key, no, yes, said));
    out = said.value_or(out);
    return {};
}

util::Status read_level(const yaml::Mapping& mapping, std::optional<spec::HardeningLevel>& out)
{
    if (const auto value = mapping.find("level")) {
        SF_TRY(out, value->parsed(spec::parse_hardening_level));
    }
    return {};
}

util::Status read_relro(const yaml::Mapping& mapping, std::optional<Relro>& out)
{
    const auto value = mapping.find("relro");
    if (!value)
        return {};
    SF_TRY(const auto text, value->text());
    for (const auto relro : {Relro::none, Relro::partial, Relro::full})
        if (text == to_string(relro)) {
            out = relro;
            return {};
        }
    return value->fail(fmt::format("'relro' cannot be '{}'", text), "write none, partial or full");
}

util::Status read_glibc(const yaml::Mapping& top, std::string& out)
{
    const auto value = top.find("glibc");
    if (!value)
        return {};
    SF_TRY(auto text, value->text());
    const auto parts = util::split(text, '.');
    if (parts.size() < 2 || !std::all_of(parts.begin(), parts.end(), util::is_number))
        return value->fail(fmt::format("'{}' is not a glibc version", text), "write one such as \"2.34\"");
    out = std::move(text);
    return {};
}

util::Status read_target(const yaml::Mapping& top, std::optional<spec::Target>& out)
{
    const auto value = top.find("target");
    if (!value)
        return {};
    SF_TRY(const auto text, value->text());
    // "native" would mean something else on each machine that the policy is read on.
    const auto target = text == "native" ? util::Result<spec::Target>(util::fail(util::ErrorCode::usage, ""))
                                         : spec::Target::parse(text);
    if (!target)
        return value->fail(fmt::format("'{}' is not a target", text),
                           "write x86_64, x86_64_v2, x86_64_v3 or x86_64_v4");
    out = *target;
    return {};
}

/// A list of texts, none of them empty: an empty one would be found everywhere.
util::Status read_list(const yaml::Mapping& mapping, std::string_view key, std::vector<std::string>& out)
{
    const auto value = mapping.find(key);
    if (!value)
        return {};
    SF_TRY(const auto items, value->sequence());
    out.clear();
    for (const auto& item : items) {
        SF_TRY(auto text, item.text());
        if (text.empty())
            return item.fail(fmt::format("an item of '{}' is empty", key), "leave it out");
        out.push_back(std::move(text));
    }
    return {};
}

util::Status read_size(const yaml::Mapping& top, std::uint64_t& out)
{
    const auto value = top.find("size");
    if (!value)
        return {};
    SF_TRY(const auto text, value->text());
    const auto size = util::parse_size(text);
    if (!size || *size == 0)
        return value->fail(fmt::format("'size' must be a size, not '{}'", text),
                           "write a whole number of bytes, or one with a unit: 512MiB, 8GiB");
    out = *size;
    return {};
}

util::Status read_hardening(const yaml::Mapping& top, Policy& policy)
{
    const auto value = top.find("hardening");
    if (!value)
        return {};
    SF_TRY(const auto mapping,
           value->mapping({"level", "relro", "executable-stack", "text-relocations", "rpath", "pie", "bind-now",
                           "stack-protector", "fortify", "control-flow", "exceptions"}));
    SF_CHECK(read_level(mapping, policy.hardening));
    SF_CHECK(read_relro(mapping, policy.least_relro));
    SF_CHECK(read_choice(mapping, "executable-stack", "refuse", "allow", policy.executable_stack));
    SF_CHECK(read_choice(mapping, "text-relocations", "refuse", "allow", policy.text_relocations));
    SF_CHECK(read_choice(mapping, "rpath", "refuse", "allow", policy.rpath));
    SF_CHECK(read_choice(mapping, "pie", "optional", "require", policy.position_independent));
    SF_CHECK(read_choice(mapping, "bind-now", "optional", "require", policy.bind_now));
    SF_CHECK(read_choice(mapping, "stack-protector", "optional", "require", policy.stack_protector));
    SF_CHECK(read_choice(mapping, "fortify", "optional", "require", policy.fortify));
    SF_CHECK(read_choice(mapping, "control-flow", "optional", "require", policy.control_flow));
    return read_choice(mapping, "exceptions", "refuse", "allow", policy.hardening_exceptions);
}

util::Status read_files(const yaml::Mapping& top, Policy& policy)
{
    const auto value = top.find("files");
    if (!value)
        return {};
    SF_TRY(const auto mapping, value->mapping({"setuid", "world-writable"}));
    SF_CHECK(read_choice(mapping, "setuid", "refuse", "allow", policy.setuid));
    return read_choice(mapping, "world-writable", "refuse", "allow", policy.world_writable);
}

util::Status read_licenses(const yaml::Mapping& top, Policy& policy)
{
    const auto value = top.find("licenses");
    if (!value)
        return {};
    SF_TRY(const auto mapping, value->mapping({"allowed", "denied"}));
    SF_CHECK(read_list(mapping, "allowed", policy.allowed_licenses));
    return read_list(mapping, "denied", policy.denied_licenses);
}

util::Result<Policy> read_policy(const yaml::Document& document)
{
    Policy policy;
    if (document.root().kind() == yaml::Value::Kind::empty)
        return policy;
    SF_TRY(const auto top, document.root().mapping({"system-libraries", "system-symbols", "glibc", "target",
                                                    "forbidden-paths", "hardening", "files", "size", "licenses"}));
    SF_CHECK(read_list(top, "system-libraries", policy.system_libraries));
    SF_CHECK(read_list(top, "system-symbols", policy.system_symbols));
    SF_CHECK(read_glibc(top, policy.highest_glibc));
    SF_CHECK(read_target(top, policy.highest_target));
    SF_CHECK(read_list(top, "forbidden-paths", policy.forbidden_paths));
    SF_CHECK(read_hardening(top, policy));
    SF_CHECK(read_files(top, policy));
    SF_CHECK(read_size(top, policy.most_bytes));
    SF_CHECK(read_licenses(top, policy));
    return policy;
}

} // namespace

std::string_view to_string(Relro relro)
{
    constexpr std::array<std::string_view, 3> names{"none", "partial", "full"};
    return names.at(static_cast<std::size_t>(relro));
}

std::vector<std::string> Policy::default_system_libraries()
{
    return {"ld-linux-x86-64.so.2", "libc.so.6",   "libm.so.6",       "libmvec.so.1", "libresolv.so.2",
            "libpthread.so.0",      "libdl.so.2",  "librt.so.1",      "libutil.so.1", "libanl.so.1",
            "libnss_*.so.2",        "libpam.so.0", "libpam_misc.so.0"};
}

util::Result<Policy> Policy::load(const std::filesystem::path& file)
{
    if (!util::path_exists(file))
        return util::fail(util::ErrorCode::usage, fmt::format("there is no policy {}", file.string()));
    SF_TRY(const auto document, yaml::Document::load(file));
    return read_policy(document);
}

util::Result<Policy> Policy::parse(std::string_view text, const std::string& name)
{
    SF_TRY(const auto document, yaml::Document::parse(text, name));
    return read_policy(document);
}

} // namespace sf::verify
