#include "manifest/manifest.hpp"
#include "spec/floor.hpp"
#include "tar/shipped.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"
#include "util/files/mapped_file.hpp"
#include "util/text.hpp"
#include "verify/contents.hpp"
#include "verify/hardening.hpp"
#include "verify/libraries.hpp"
#include "verify/licenses.hpp"
#include "verify/symbols.hpp"
#include "verify/targets.hpp"
#include "verify/unpack_tarball.hpp"
#include "verify/verify.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
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
    /// nullopt: it has none.
    Audit(const util::ForeignTree& tree, const VerifyOptions& options, std::optional<manifest::Manifest> manifest) :
        tree_(tree), root_(tree.top()), options_(options), manifest_(std::move(manifest)),
        libraries_(tree, options.policy, promised_floor()),
        targets_(manifest_ ? manifest_->target : "", options.policy.highest_target), symbols_(options.policy),
        hardening_(options.policy, manifest_ ? &*manifest_ : nullptr)
    {
    }

    [[nodiscard]] util::Status take(const util::TreeEntry& entry);
    [[nodiscard]] VerifyReport finish() &&;

private:
    [[nodiscard]] std::string promised_floor() const;
    void forbid(const util::TreeEntry& entry, std::string detail);
    void take_link(const util::TreeEntry& entry);
    [[nodiscard]] const manifest::Relocation* declared_harmless(const std::string& file) const;
    void check_mode(const util::TreeEntry& entry);
    [[nodiscard]] util::Status take_code(const util::TreeEntry& entry, const relocate::ElfInfo& info);
    void report_malformed(const util::TreeEntry& entry, const util::Error& error);
    [[nodiscard]] util::Status take_elf(const util::TreeEntry& entry);
    [[nodiscard]] util::Status take_contents(const util::TreeEntry& entry);
    [[nodiscard]] util::Status take_file(const util::TreeEntry& entry);
    void report_build_path(const util::TreeEntry& entry, std::string mentioned);

    const util::ForeignTree& tree_;
    const stdfs::path& root_;
    const VerifyOptions& options_;
    std::optional<manifest::Manifest> manifest_;
    Libraries libraries_;
    Targets targets_;
    TreeSymbols symbols_;
    HardeningCheck hardening_;
    VerifyReport report_;
};

/// Of older bundles, and of those for the image's own glibc: nothing. Later versions may know other floors.
std::string Audit::promised_floor() const
{
    const auto promise = manifest_ ? manifest_->glibc : std::string();
    return promise == spec::Floor::host().to_string() ? std::string() : promise;
}

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
    // Too many links lead nowhere.
    const auto resolved = tree_.resolve_inside(entry.relative);
    if (resolved && !*resolved)
        forbid(entry, fmt::format("a link out of the tree: {}", entry.link_target));
    else if (!resolved || !tree_.exists(entry.relative))
        forbid(entry, fmt::format("a link to what is not there: {}", entry.link_target));
    else
        libraries_.add_link(entry.relative, (*resolved)->relative_path());
}

const manifest::Relocation* Audit::declared_harmless(const std::string& file) const
{
    if (!manifest_)
        return nullptr;
    for (const auto& package : manifest_->packages)
        for (const auto& note : package.relocation)
            if (util::glob_match(note.path, file))
                return &note;
    return nullptr;
}

void Audit::report_build_path(const util::TreeEntry& entry, std::string mentioned)
{
    const auto file = entry.relative.string();
    const auto note = declared_harmless(file);
    if (note == nullptr)
        report_.violations.push_back({Finding::Kind::build_path, file, std::move(mentioned)});
    else
        report_.accepted.push_back({Finding::Kind::build_path, file, fmt::format("{} ({})", note->reason, mentioned)});
}

void Audit::check_mode(const util::TreeEntry& entry)
{
    // A directory has setgid from the one that the tree was unpacked in.
    const bool directory = entry.type == stdfs::file_type::directory;
    if (auto fault = tar::special_mode_fault(entry.mode); fault && !directory && !options_.policy.setuid)
        forbid(entry, std::move(*fault));
    if (auto fault = tar::write_mode_fault(entry.mode); fault && !options_.policy.world_writable)
        forbid(entry, std::move(*fault));
}

util::Status Audit::take_code(const util::TreeEntry& entry, const relocate::ElfInfo& info)
{
    auto code = relocate::read_code(root_ / entry.relative);
    if (!code && code.error().code != util::ErrorCode::build)
        return tl::unexpected(std::move(code).error());
    if (!code)
        report_malformed(entry, code.error());
    auto [symbols, protections] = code ? std::move(*code) : relocate::Code();
    symbols_.add_file(entry.relative, info, std::move(symbols));
    hardening_.check(entry.relative, info, protections, report_);
    return {};
}

void Audit::report_malformed(const util::TreeEntry& entry, const util::Error& error)
{
    report_.violations.push_back({Finding::Kind::malformed_elf, entry.relative.string(), error.message});
}

util::Status Audit::take_elf(const util::TreeEntry& entry)
{
    auto info = relocate::read_elf(root_ / entry.relative);
    // Code build says that the file's contents are at fault, any other that it could not be read.
    if (!info && info.error().code != util::ErrorCode::build)
        return tl::unexpected(info.error());
    if (!info) {
        ++report_.elf_files;
        report_malformed(entry, info.error());
    } else if (*info) {
        ++report_.elf_files;
        targets_.add_file(entry.relative, **info);
        SF_CHECK(take_code(entry, **info));
        libraries_.add_file(entry.relative, std::move(**info));
    }
    return {};
}

util::Status Audit::take_contents(const util::TreeEntry& entry)
{
    SF_TRY(const auto bytes, util::MappedFile::open(root_ / entry.relative));
    if (auto mentioned = mentioned_paths(bytes.text(), options_))
        report_build_path(entry, std::move(*mentioned));
    if (auto found = forbidden_texts(bytes.text(), options_.policy.forbidden_paths))
        report_.violations.push_back({Finding::Kind::forbidden_path, entry.relative.string(), std::move(*found)});
    return {};
}

util::Status Audit::take_file(const util::TreeEntry& entry)
{
    report_.bytes += entry.size;
    const auto extension = entry.relative.extension();
    if (extension == ".la" || extension == ".a")
        forbid(entry, extension == ".la" ? "a libtool archive" : "a static library");
    check_mode(entry);
    SF_CHECK(take_elf(entry));
    return entry.relative == manifest::place ? util::Status() : take_contents(entry);
}

util::Status Audit::take(const util::TreeEntry& entry)
{
    if (auto fault = tar::name_fault(entry.relative.string()))
        forbid(entry, std::move(*fault));
    if (entry.type == stdfs::file_type::directory) {
        check_mode(entry);
        return {};
    }
    ++report_.files;
    if (entry.type == stdfs::file_type::symlink)
        take_link(entry);
    else if (entry.type == stdfs::file_type::regular)
        return take_file(entry);
    else
        forbid(entry, "a device, pipe or socket");
    return {};
}

VerifyReport Audit::finish() &&
{
    libraries_.check(report_);
    std::move(targets_).finish(report_);
    symbols_.check(report_);
    check_licenses(manifest_, options_.policy, report_);
    SystemNeeds needs{report_.highest_glibc, std::nullopt, report_.system_libraries};
    if (const auto target = spec::Target::parse(report_.target); target && !report_.target.empty())
        needs.target = *target;
    report_.systems = judge_systems(needs);
    const auto most = options_.policy.most_bytes;
    if (most != 0 && report_.bytes > most)
        report_.violations.push_back({Finding::Kind::too_large, ".",
                                      fmt::format("its files take {}, but the policy allows {} at most",
                                                  util::human_bytes(report_.bytes), util::human_bytes(most))});
    report_.hardening_level = hardening_.level();
    report_.name = manifest_ ? std::move(manifest_->name) : "";
    return std::move(report_);
}

util::Result<stdfs::path> real_path(const stdfs::path& path)
{
    std::error_code error;
    auto found = stdfs::canonical(path, error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot look at {}", path.string()));
    return found;
}

util::Result<VerifyReport> audit_tree(const stdfs::path& root, const VerifyOptions& options)
{
    SF_TRY(auto manifest, manifest::find(root));
    SF_TRY(const auto tree, util::ForeignTree::open(root));
    SF_TRY(const auto entries, util::walk_tree(root));
    Audit audit(tree, options, std::move(manifest));
    for (const auto& entry : entries)
        SF_CHECK(audit.take(entry));
    return std::move(audit).finish();
}

void sort_findings(std::vector<Finding>& findings)
{
    std::sort(findings.begin(), findings.end(), [](const Finding& left, const Finding& right) {
        return std::tie(left.file, left.kind, left.detail) < std::tie(right.file, right.kind, right.detail);
    });
}

struct KindName {
    std::string_view identifier;
    std::string_view text;
};

/// In the order of the kinds.
constexpr std::array<KindName, 12> kind_names{{
    {"missing-library", "missing library"},
    {"absolute-runpath", "absolute RUNPATH"},
    {"build-path", "build path"},
    {"forbidden-file", "forbidden file"},
    {"malformed-elf", "malformed ELF file"},
    {"wrong-target", "wrong target"},
    {"forbidden-path", "forbidden path"},
    {"weak-hardening", "weak hardening"},
    {"newer-glibc", "newer glibc"},
    {"license", "licence"},
    {"too-large", "too large"},
    {"unresolved-symbol", "unresolved symbol"},
}};

const KindName& name_of(Finding::Kind kind)
{
    return kind_names.at(static_cast<std::size_t>(kind));
}

} // namespace

std::string_view to_string(Finding::Kind kind)
{
    return name_of(kind).text;
}

std::string_view identifier(Finding::Kind kind)
{
    return name_of(kind).identifier;
}

util::Result<Tree> Tree::open(const stdfs::path& path, const Policy& policy)
{
    if (!util::path_exists(path))
        return util::fail(util::ErrorCode::usage, fmt::format("there is no file or directory {}", path.string()));
    Tree tree;
    std::error_code error;
    if (stdfs::is_directory(path, error)) {
        SF_TRY(tree.root_, real_path(path));
        return tree;
    }
    const char* chosen = std::getenv("TMPDIR");
    SF_TRY(tree.unpacked_,
           util::TempDir::make(chosen != nullptr && *chosen != '\0' ? chosen : "/tmp", "slurm-factory-verify"));
    // Links on the way to the temporary directory would look like links that the archive made.
    SF_TRY(const auto place, real_path(tree.unpacked_->path()));
    SF_TRY(tree.findings_, unpack(path, place, policy.setuid));
    tree.root_ = place / "software";
    return tree;
}

util::Result<VerifyReport> audit(const Tree& tree, const VerifyOptions& options)
{
    SF_TRY(auto report, audit_tree(tree.root(), options));
    report.violations.insert(report.violations.end(), tree.findings().begin(), tree.findings().end());
    sort_findings(report.violations);
    sort_findings(report.accepted);
    return report;
}

util::Result<VerifyReport> audit(const stdfs::path& path, const VerifyOptions& options)
{
    SF_TRY(const auto tree, Tree::open(path, options.policy));
    return audit(tree, options);
}

} // namespace sf::verify
