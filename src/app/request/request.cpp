#include "app/request/request.hpp"

#include <fmt/format.h>

namespace sf::app {
namespace {

using util::ErrorCode;

constexpr const char* slurm = "slurm";

/// "24.11" or "24.11.5": one version and no range, because it names the files that ship and the module.
util::Result<spec::VersionRange> read_version(const std::string& text)
{
    constexpr const char* hint = "give a series such as 24.11, or an exact version such as 24.11.5";
    if (const auto version = spec::Version::parse(text); !version)
        return util::fail(ErrorCode::usage, fmt::format("--slurm-version {}: {}", text, version.error().message), hint);
    auto range = spec::VersionRange::parse(text);
    if (!range)
        return util::fail(ErrorCode::usage, fmt::format("--slurm-version {}: {}", text, range.error().message), hint);
    return range;
}

/// The variants of "+name", "~name", "name=value".
util::Result<spec::VariantValues> read_variant(const std::string& text)
{
    auto spec = spec::Spec::parse(
        text.find('=') == std::string::npos && !text.starts_with('+') && !text.starts_with('~') ? "+" + text : text);
    const bool only_variants = spec && spec->name.empty() && !spec->versions && spec->dependencies.empty() &&
                               spec->target.empty() && !spec->variants.empty();
    if (!only_variants)
        return util::fail(ErrorCode::usage, fmt::format("--variant {}: this is not a variant", text),
                          "for example: --variant +kafka, --variant ~hdf5, --variant NAME=VALUE");
    return spec->variants;
}

/// Adds what an option says; what SPEC says already must be the same.
util::Status add_variant(spec::Spec& root, const std::string& name, const std::string& value, const std::string& option)
{
    const auto [known, fresh] = root.variants.try_emplace(name, value);
    if (fresh || known->second == value)
        return {};
    return util::fail(ErrorCode::usage,
                      fmt::format("{} contradicts the rest of the request: {}'s variant '{}' cannot be '{}' and '{}'",
                                  option, root.name, name, value, known->second),
                      "say it once");
}

util::Status add_options(const BuildRequest& request, spec::Spec& root)
{
    for (const auto& text : request.variants) {
        SF_TRY(const auto values, read_variant(text));
        for (const auto& [name, value] : values)
            SF_CHECK(add_variant(root, name, value, "--variant " + text));
    }
    if (request.minimal)
        SF_CHECK(add_variant(root, "minimal", "true", "--minimal"));
    if (request.gpu)
        SF_CHECK(add_variant(root, "gpu", "true", "--gpu"));
    if (request.slurm_version.empty())
        return {};
    if (root.versions)
        return util::fail(ErrorCode::usage, fmt::format("--slurm-version and {} both name a version", request.spec),
                          "give one of them");
    SF_TRY(root.versions, read_version(request.slurm_version));
    return {};
}

} // namespace

util::Result<spec::Spec> root_spec(const site::Site& site, const BuildRequest& request)
{
    auto parsed = spec::Spec::parse(request.spec.empty() ? slurm : request.spec);
    if (!parsed)
        return tl::unexpected<util::Error>(std::move(parsed).error());
    auto root = std::move(*parsed);
    if (root.name.empty())
        root.name = slurm; // "+pmix ~hdf5" alone is about Slurm
    const bool slurm_options = request.minimal || request.gpu || !request.slurm_version.empty();
    if (root.name != slurm && slurm_options)
        return util::fail(ErrorCode::usage,
                          fmt::format("--slurm-version, --minimal and --gpu are about Slurm, not about {}", root.name));
    SF_CHECK(add_options(request, root));
    if (root.name != slurm)
        return root;
    const auto& defaults = site.slurm;
    if (!root.versions && !defaults.version.empty()) {
        SF_TRY(root.versions, read_version(defaults.version));
    }
    // What the site wants by default gives way to what was asked for, as a whole where that is one of the presets.
    const auto asked = root.variants;
    const bool preset = asked.contains("minimal") || asked.contains("gpu");
    if (defaults.minimal && !preset)
        root.variants.emplace("minimal", "true");
    if (defaults.gpu && !preset)
        root.variants.emplace("gpu", "true");
    for (const auto& [name, value] : defaults.variants)
        root.variants.emplace(name, value);
    return root;
}

} // namespace sf::app
