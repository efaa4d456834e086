#include "app/audit/audited_subject.hpp"

namespace sf::app {

advisory::Subject subject_of(const recipe::Recipe& recipe, const spec::Version& version,
                             const spec::VariantValues& variants, const std::vector<recipe::PatchSet>& patch_sets)
{
    advisory::Subject subject{recipe.name, version.to_string(), {}, variants};
    for (const auto& set : patch_sets)
        for (const auto& patch : set.series)
            subject.patches.push_back({patch.file, patch.fixes});
    for (const auto& patch : recipe.patches)
        if (patch.condition.holds(version, variants))
            subject.patches.push_back({patch.file.filename().string(), patch.fixes});
    return subject;
}

advisory::Subject subject_of(const plan::Step& step)
{
    return subject_of(*step.recipe, step.version, step.variants, step.patch_sets);
}

advisory::Subject subject_of(const manifest::ManifestPackage& package)
{
    advisory::Subject subject{package.name, package.version, {}, package.variants};
    for (const auto& patches : package.patches)
        for (const auto& file : patches.files)
            subject.patches.push_back({file.name, file.fixes});
    return subject;
}

} // namespace sf::app
