// Values that mean the same wherever they are given.
#include "site/layers.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace sf::site {

spec::Parsed<std::string> parse_slurm_version(const std::string& text)
{
    if (auto version = spec::Version::read(text); !version)
        return tl::unexpected(std::move(version.error()));
    return text;
}

spec::Parsed<spec::VariantValues> parse_variants(const std::string& text)
{
    if (util::trim(text).empty())
        return spec::VariantValues();
    auto spec = spec::Spec::read(text);
    if (!spec)
        return tl::unexpected(std::move(spec.error()));
    auto variants = std::exchange(spec->variants, {});
    if (*spec != spec::Spec())
        return tl::unexpected(
            spec::Fault{0, "only variants can stand here", "write +name, ~name or name=value, with spaces between"});
    return variants;
}

std::string backend_fault(std::string_view backend)
{
    if (backend.empty() || backend == "oci" || backend == "lxd" || backend == "host")
        return {};
    return fmt::format("unknown backend '{}'", backend);
}

std::string runtime_fault(std::string_view runtime)
{
    if (runtime.empty() || runtime == "crun" || runtime == "runc")
        return {};
    return fmt::format("unknown runtime '{}'", runtime);
}

namespace {

/// A place as a configuration names it: a URL of one of the schemes, or a directory below `base`.
tl::expected<std::string, std::string> parse_place(const std::string& text, const std::filesystem::path& base,
                                                   const char* what, const std::vector<std::string>& schemes)
{
    if (text.empty())
        return tl::unexpected(fmt::format("a {} is empty", what));
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string::npos)
        return (base / text).lexically_normal().string();
    if (std::find(schemes.begin(), schemes.end(), text.substr(0, scheme_end)) == schemes.end())
        return tl::unexpected(fmt::format("the {} '{}' is neither a directory nor a {} or {} URL", what, text,
                                          util::join({schemes.begin(), schemes.end() - 1}, ", "), schemes.back()));
    return text;
}

} // namespace

tl::expected<std::string, std::string> parse_mirror(const std::string& text, const std::filesystem::path& base)
{
    return parse_place(text, base, "mirror", {"file", "http", "https"});
}

tl::expected<std::string, std::string> parse_remote(const std::string& text, const std::filesystem::path& base)
{
    return parse_place(text, base, "remote", {"file", "http", "https", "oci"});
}

tl::expected<std::string, std::string> parse_advisories(const std::string& text, const std::filesystem::path& base)
{
    return parse_place(text, base, "place of advisories", {"http", "https"});
}

} // namespace sf::site
