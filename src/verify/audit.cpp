#include "util/fs.hpp"
#include "util/text.hpp"
#include "verify/contents.hpp"
#include "verify/libraries.hpp"
#include "verify/targets.hpp"
#include "verify/unpack.hpp"
#include "verify/verify.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace sf::verify {

namespace {

namespace stdfs = std::filesystem;

bool is_below(const stdfs::path& path, const stdfs::path& directory)
{
    const auto relative = path.lexically_relative(directory);
    return !relative.empty() && *relative.begin() != "..";
}

/// One tree under audit.
class Audit {
public:
    Audit(stdfs::path root, const Options& options, Manifest manifest) :
        root_(std::move(root)), options_(options), notes_(std::move(manifest.notes)),
        libraries_(root_, options.allowed_libraries), targets_(manifest.target)
    {
    }

    [[nodiscard]] util::Status take(const util::TreeEntry& entry);
    [[nodiscard]] Report finish() &&;

private:
    void forbid(const util::TreeEntry& entry, std::string detail);
    void take_link(const util::TreeEntry& entry);
    [[nodiscard]] util::Status take_file(const util::TreeEntry& entry);
    void report_build_path(const util::TreeEntry& entry, std::string mentioned);

    stdfs::path root_; ///< canonical
    const Options& options_;
    std::vector<RelocationNote> notes_;
    Libraries libraries_;
    Targets targets_;
    Report report_;
};

void Audit::forbid(const util::TreeEntry& entry, std::string detail)
{
    report_.violations.push_back({Finding::Kind::forbidden_file, entry.relative.string(), std::move(detail)});
}

void Audit::take_link(const util::TreeEntry& entry)
{
    const stdfs::path target = entry.link_target;
    if (target.is_absolute()) {
        const auto normal = target.lexically_normal();
        if (is_below(normal, options_.build_prefix))
            forbid(entry, fmt::format("an absolute link into the build prefix: {}", entry.link_target));
        else if (is_below(normal, (stdfs::path(options_.build_directory) / "").parent_path()))
            report_build_path(entry, entry.link_target);
        // Any other belongs to the system, which may lack it here.
        return;
    }
    std::error_code error;
    const auto resolved = stdfs::canonical(root_ / entry.relative, error);
    if (error)
        forbid(entry, fmt::format("a link to what is not there: {}", entry.link_target));
    else if (!is_below(resolved, root_))
        forbid(entry, fmt::format("a link out of the tree: {}", entry.link_target));
    else
        libraries_.add_link(entry.relative, resolved.lexically_relative(root_));
}

void Audit::report_build_path(const util::TreeEntry& entry, std::string mentioned)
{
    const auto file = entry.relative.string();
    const auto note = std::find_if(notes_.begin(), notes_.end(), [&file](const RelocationNote& candidate) {
        return util::glob_match(candidate.path, file);
    });
    if (note == notes_.end())
        report_.violations.push_back({Finding::Kind::build_path, file, std::move(mentioned)});
    else
        report_.accepted.push_back({Finding::Kind::build_path, file, fmt::format("{} ({})", note->reason, mentioned)});
}

util::Status Audit::take_file(const util::TreeEntry& entry)
{
    const auto path = root_ / entry.relative;
    const auto extension = entry.relative.extension();
    if (extension == ".la" || extension == ".a")
        forbid(entry, extension == ".la" ? "a libtool archive" : "a static library");
    if ((entry.mode & (S_ISUID | S_ISGID)) != 0)
        forbid(entry, "setuid or setgid");
    auto info = relocate::read_elf(path);
    // Code build says that the file's contents are at fault, any other that it could not be read.
    if (!info && info.error().code != util::ErrorCode::build)
        return tl::unexpected(info.error());
    if (!info) {
        ++report_.elf_files;
        report_.violations.push_back({Finding::Kind::malformed_elf, entry.relative.string(), info.error().message});
    } else if (*info) {
        ++report_.elf_files;
        targets_.add_file(entry.relative, **info);
        libraries_.add_file(entry.relative, std::move(**info));
    }
    if (entry.relative == manifest_place)
        return {};
    SF_TRY(auto mentioned, mentioned_paths_in(path, options_));
    if (mentioned)
        report_build_path(entry, std::move(*mentioned));
    return {};
}

util::Status Audit::take(const util::TreeEntry& entry)
{
    if (entry.type == stdfs::file_type::directory)
        return {};
    ++report_.files;
    if (entry.type == stdfs::file_type::symlink)
        take_link(entry);
    else if (entry.type == stdfs::file_type::regular)
        return take_file(entry);
    else
        forbid(entry, "a device, pipe or socket");
    return {};
}

Report Audit::finish() &&
{
    libraries_.check(report_);
    std::move(targets_).finish(report_);
    return std::move(report_);
}

util::Result<Report> audit_tree(const stdfs::path& tree, const Options& options)
{
    std::error_code error;
    const auto root = stdfs::canonical(tree, error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot look at {}", tree.string()));
    SF_TRY(auto manifest, read_manifest(root));
    SF_TRY(const auto entries, util::walk_tree(root));
    Audit audit(root, options, std::move(manifest));
    for (const auto& entry : entries)
        SF_CHECK(audit.take(entry));
    return std::move(audit).finish();
}

util::Result<Report> audit_tarball(const stdfs::path& tarball, const Options& options)
{
    const char* chosen = std::getenv("TMPDIR");
    SF_TRY(const auto directory,
           util::TempDir::make(chosen != nullptr && *chosen != '\0' ? chosen : "/tmp", "slurm-factory-verify"));
    // Links on the way to the temporary directory would look like links that the archive made.
    std::error_code error;
    const auto place = stdfs::canonical(directory.path(), error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot look at {}", directory.path().string()));
    SF_TRY(auto findings, unpack(tarball, place));
    SF_TRY(auto report, audit_tree(place / "software", options));
    report.violations.insert(report.violations.end(), findings.begin(), findings.end());
    return report;
}

void sort_findings(std::vector<Finding>& findings)
{
    std::sort(findings.begin(), findings.end(), [](const Finding& left, const Finding& right) {
        return std::tie(left.file, left.kind, left.detail) < std::tie(right.file, right.kind, right.detail);
    });
}

} // namespace

std::string_view to_string(Finding::Kind kind)
{
    switch (kind) {
    case Finding::Kind::missing_library:
        return "missing library";
    case Finding::Kind::absolute_runpath:
        return "absolute RUNPATH";
    case Finding::Kind::build_path:
        return "build path";
    case Finding::Kind::forbidden_file:
        return "forbidden file";
    case Finding::Kind::malformed_elf:
        return "malformed ELF file";
    case Finding::Kind::wrong_target:
        return "wrong target";
    }
    return "unknown";
}

util::Result<Report> audit(const stdfs::path& path, const Options& options)
{
    if (!util::path_exists(path))
        return util::fail(util::ErrorCode::usage, fmt::format("there is no file or directory {}", path.string()));
    std::error_code error;
    const bool directory = stdfs::is_directory(path, error);
    auto report = directory ? audit_tree(path, options) : audit_tarball(path, options);
    if (!report)
        return util::fail(std::move(report).error(), fmt::format("auditing {}", path.string()));
    sort_findings(report->violations);
    sort_findings(report->accepted);
    return report;
}

} // namespace sf::verify
