// Values that mean the same wherever they are given.
#include "site/layers.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace sf::site {

util::Result<std::filesystem::path> make_absolute(const std::filesystem::path& path)
{
    std::error_code error;
    auto result = std::filesystem::absolute(path, error).lexically_normal();
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot make {} an absolute path", path.string()));
    return result.has_filename() ? result : result.parent_path();
}

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
            spec::Fault{0, "only variants are allowed here", "write +name, ~name or name=value, with spaces between"});
    return variants;
}

tl::expected<std::string, std::string> parse_place(const std::string& text, const std::filesystem::path& base,
                                                   const Places& places)
{
    if (text.empty())
        return tl::unexpected(fmt::format("a {} is empty", places.what));
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string::npos)
        return (base / text).lexically_normal().string();
    const auto& schemes = places.schemes;
    if (std::find(schemes.begin(), schemes.end(), text.substr(0, scheme_end)) == schemes.end())
        return tl::unexpected(fmt::format("the {} '{}' is neither a directory nor a {} or {} URL", places.what, text,
                                          util::join({schemes.begin(), schemes.end() - 1}, ", "), schemes.back()));
    return text;
}

Origin origin_of(const Giver& giver)
{
    return giver.option == nullptr ? "environment" : giver.name;
}

} // namespace sf::site
