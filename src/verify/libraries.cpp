#include "verify/libraries.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sf::verify {

namespace {

namespace stdfs = std::filesystem;

} // namespace

void Libraries::add_file(const stdfs::path& relative, relocate::ElfInfo info)
{
    files_.insert_or_assign(relative, std::move(info));
}

void Libraries::add_link(const stdfs::path& relative, const stdfs::path& target)
{
    links_.insert_or_assign(relative, target);
}

const relocate::ElfInfo* Libraries::find(const stdfs::path& name) const
{
    const auto resolved = tree_.resolve_inside(name);
    if (!resolved || !*resolved)
        return nullptr;
    const auto file = files_.find((*resolved)->relative_path());
    return file == files_.end() ? nullptr : &file->second;
}

void Libraries::check(VerifyReport& report) const
{
    std::set<std::string> from_system;
    for (const auto& [name, info] : files_) {
        if (relocate::is_older_version(report.highest_glibc, info.highest_glibc)) {
            report.highest_glibc = info.highest_glibc;
            report.highest_glibc_file = name.string();
        }
        if (!policy_.highest_glibc.empty() && relocate::is_older_version(policy_.highest_glibc, info.highest_glibc))
            report.violations.push_back({Finding::Kind::newer_glibc, name.string(),
                                         fmt::format("needs glibc {}, but the policy allows {} at most",
                                                     info.highest_glibc, policy_.highest_glibc)});
        else if (policy_.highest_glibc.empty() && !floor_.empty() &&
                 relocate::is_older_version(floor_, info.highest_glibc))
            report.violations.push_back(
                {Finding::Kind::newer_glibc, name.string(),
                 fmt::format("needs glibc {}, but the manifest promises {}", info.highest_glibc, floor_)});
        check_file(name, info, report, from_system);
    }
    // The kernel resolves a link to a program before it starts it; only libraries see the link's directory.
    for (const auto& [link, target] : links_)
        if (const auto file = files_.find(target);
            file != files_.end() && file->second.interpreter.empty() && link.parent_path() != target.parent_path())
            check_file(link, file->second, report, from_system);
    report.system_libraries.assign(from_system.begin(), from_system.end());
}

std::optional<stdfs::path> Libraries::directory_of_entry(const std::string& entry, const stdfs::path& name) const
{
    for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
        if (!entry.starts_with(origin) || (entry.size() > origin.size() && entry[origin.size()] != '/'))
            continue;
        auto place = (name.parent_path() / ("." + entry.substr(origin.size())) / "").lexically_normal();
        place = place.parent_path();
        if (!place.empty() && *place.begin() == "..")
            return std::nullopt;
        return place;
    }
    return std::nullopt;
}

void Libraries::check_file(const stdfs::path& name, const relocate::ElfInfo& info, VerifyReport& report,
                           std::set<std::string>& from_system) const
{
    std::vector<stdfs::path> directories;
    for (const auto& entry : info.runpath) {
        if (auto directory = directory_of_entry(entry, name))
            directories.push_back(std::move(*directory));
        else
            report.violations.push_back({Finding::Kind::absolute_runpath, name.string(), entry});
    }
    for (const auto& library : info.needed)
        if (auto problem = problem_with(library, directories, from_system); !problem.empty())
            report.violations.push_back({Finding::Kind::missing_library, name.string(), std::move(problem)});
}

std::string Libraries::problem_with(const std::string& library, const std::vector<stdfs::path>& directories,
                                    std::set<std::string>& from_system) const
{
    if (library.find('/') != std::string::npos)
        return fmt::format("{} is a path, which the loader takes as it is", library);
    for (const auto& directory : directories) {
        const auto* found = find(directory / library);
        if (found == nullptr)
            continue;
        if (found->soname == library)
            return {};
        return fmt::format("{} is found in {}, but calls itself \"{}\"", library, directory.string(), found->soname);
    }
    const auto is_this = [&library](const auto& pattern) { return util::glob_match(pattern, library); };
    if (!std::any_of(policy_.system_libraries.begin(), policy_.system_libraries.end(), is_this))
        return library;
    from_system.insert(library);
    return {};
}

} // namespace sf::verify
