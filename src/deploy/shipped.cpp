#include "deploy/shipped.hpp"

#include "manifest/manifest.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::deploy {

namespace {

constexpr unsigned longest_name = 100; ///< of a package, for people

bool is_release_name(const std::string& text)
{
    const auto good = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("._+~").find(c) != std::string_view::npos;
    };
    constexpr std::size_t longest = 64;
    return !text.empty() && text.size() <= longest && util::is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), good);
}

} // namespace

util::Result<Shipped> read_shipped(std::string_view manifest)
{
    SF_TRY(auto read, manifest::parse(manifest));
    if (!is_release_name(read.slurm_version))
        return util::fail(util::ErrorCode::verify, fmt::format("{} has no slurm_version", manifest::place));
    Shipped shipped{std::move(read.slurm_version), {}};
    for (auto& package : read.packages) {
        const auto layer = util::Digest::parse(package.run_layer);
        if (!layer)
            return util::fail(util::ErrorCode::verify, fmt::format("{}: the package '{}' has no layer", manifest::place,
                                                                   util::fit_columns(package.name, longest_name)));
        shipped.packages.push_back({util::fit_columns(package.name, longest_name), *layer});
    }
    return shipped;
}

} // namespace sf::deploy
