#include "image/externals.hpp"

#include "image/inside.hpp"
#include "spec/version.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/text.hpp"

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

} // namespace

std::optional<std::string> version_in(std::string_view output)
{
    const auto at = [output](std::size_t place) { return place < output.size() ? output[place] : '\n'; };
    for (std::size_t start = 0; start < output.size(); ++start) {
        if (!util::is_digit(output[start]))
            continue;
        auto end = start;
        std::size_t parts = 1;
        while (util::is_digit(at(end)) || (at(end) == '.' && util::is_digit(at(end + 1)))) {
            parts += at(end) == '.' ? 1U : 0U;
            ++end;
        }
        if (parts > 1)
            return std::string(output.substr(start, end - start));
        start = end;
    }
    return std::nullopt;
}

util::Result<std::map<std::string, std::string>> probe_externals(const ImageRecipe& recipe,
                                                                 const std::map<std::string, std::string>& commands,
                                                                 const System& system, const util::StopToken& stop)
{
    std::map<std::string, std::string> versions;
    for (const auto& [external, question] : commands) {
        SF_TRY(const auto answer, run_inside({system, question}, stop));
        const auto version = version_in(answer.output);
        if (answer.exit_code == 0 && version) {
            versions.emplace(external, *version);
            continue;
        }
        const auto fault = answer.exit_code != 0 ? fmt::format("ends with exit code {} in it", answer.exit_code)
                                                 : std::string("prints no version");
        return util::fail(ErrorCode::recipe,
                          fmt::format("image '{}' promises '{}', but '{}' {}:\n    {}", recipe.name, external, question,
                                      fault, util::replace_all(util::last_lines(answer.output, 3), "\n", "\n    ")),
                          fmt::format("correct 'packages' or 'externals' in {}", recipe.file.string()));
    }
    return versions;
}

stdfs::path external_path(const ImageRecipe& recipe, const Image& image, const std::string& external)
{
    for (const auto& headers : recipe.headers)
        if (headers.external == external)
            return headers.files.front();
    const auto command = recipe.externals.find(external);
    if (command == recipe.externals.end())
        return {};
    const stdfs::path program = command->second.substr(0, command->second.find(' '));
    const auto system = util::ForeignTree::open(image.rootfs);
    for (const stdfs::path directory : program_directories)
        // An absolute program replaces the directory.
        if (auto path = directory / program; system && system->exists(path))
            return path;
    return {};
}

util::Status check_externals(const Image& image, const std::map<std::string, std::string>& claimed)
{
    for (const auto& [name, version] : claimed) {
        const auto claim = version.empty() ? name : fmt::format("{}@{}", name, version);
        const auto present = image.externals.find(name);
        if (present == image.externals.end())
            return util::fail(
                ErrorCode::conflict,
                fmt::format("{} is claimed as an external, but base image {} has no {}", claim, image.name, name),
                fmt::format("take {} out of packages.yaml, or choose a base image that has it", name));
        if (version.empty() || present->second.empty())
            continue;
        SF_TRY(const auto wanted, spec::Version::parse(version));
        SF_TRY(const auto have, spec::Version::parse(present->second));
        if (!wanted.is_prefix_of(have))
            return util::fail(
                ErrorCode::conflict,
                fmt::format("{} is claimed as an external, but base image {} has {} {}", claim, image.name, name,
                            present->second),
                "'slurm-factory external find' shows what it has; correct packages.yaml, or choose another "
                "base image");
    }
    return {};
}

} // namespace sf::image
