#include "source/apt_archive.hpp"

#include "identity/identity.hpp"
#include "source/local.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/files/lock_wait.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

namespace sf::source {

namespace {

namespace fs = std::filesystem;

/// The Debian suites that recipes take archives from. Most pinned versions are in the first, and each further one costs
/// a download of its lists, so the order matters. A suite keeps its code name when it becomes stable or oldstable.
constexpr std::array<std::string_view, 3> wanted_suites = {"trixie", "bookworm", "sid"};

/// Whether apt's unprivileged user may go through every directory on the way.
bool others_may_enter(const fs::path& directory)
{
    for (auto path = directory;; path = path.parent_path()) {
        struct stat status = {};
        if (::stat(path.c_str(), &status) == 0 && (status.st_mode & static_cast<mode_t>(S_IXOTH)) == 0)
            return false;
        if (path == path.parent_path())
            return true;
    }
}

std::string render_config(const fs::path& directory, const site::Network& network)
{
    // Post-Invoke and its relatives refresh other programs' caches of the host's lists: none of our business.
    auto text = fmt::format(R"(#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "{0}";
Dir::State::lists "{0}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{0}";
Dir::Cache::archives "{0}/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "{0}/debian.sources";
Dir::Etc::sourceparts "/dev/null";
APT::Update::Error-Mode "any";
APT::Get::List-Cleanup "true";
Acquire::Retries "{1}";
Acquire::http::Timeout "{2}";
Acquire::https::Timeout "{2}";
)",
                            directory.string(), network.retries, network.connect_timeout.count());
    if (::geteuid() == 0 && (!identity::has_builder() || !others_may_enter(directory)))
        text += "APT::Sandbox::User \"root\";\n";
    return text;
}

util::Command apt_command(std::vector<std::string> argv, const fs::path& directory, const util::StopToken& stop)
{
    util::Command command;
    command.argv = std::move(argv);
    command.environment_changes = {{"LC_ALL", "C.UTF-8"}};
    command.directory = directory;
    command.stop = stop;
    return command;
}

/// The error of an apt command that exited with a failure. apt tells what happened only in words.
util::Error apt_error(const std::string& doing, const std::string& output)
{
    const auto complaint = apt_complaint(output);
    const auto says = [](const std::string& text, std::string_view words) {
        return text.find(words) != std::string::npos;
    };
    const bool full = says(output, "No space left on device");
    const bool unreachable = says(complaint, "connect") || says(complaint, "resolv");
    return util::Error{full ? util::ErrorCode::no_space : util::ErrorCode::source,
                       fmt::format("{}: {}", doing, complaint),
                       {},
                       {},
                       unreachable ? util::Reason::unreachable : util::Reason::none};
}

/// For an archive on this machine's file systems apt makes a link to its file.
util::Status replace_link(const fs::path& file, const util::StopToken& stop)
{
    std::error_code error;
    if (!fs::is_symlink(file, error))
        return {};
    const auto target = fs::canonical(file, error);
    if (error)
        return util::fail(util::ErrorCode::source, fmt::format("{} leads nowhere", file.string()));
    SF_CHECK(util::remove_tree(file));
    SF_CHECK(copy_hashed(target, file, stop));
    return {};
}

bool has_lists(const fs::path& directory)
{
    const auto lists = util::readable_paths_in(directory / "lists");
    return std::any_of(lists.begin(), lists.end(), [](const fs::path& list) {
        return list.filename().string().find("_Sources") != std::string::npos;
    });
}

} // namespace

AptArchive::AptArchive(AptSettings settings) : settings_(std::move(settings))
{
    // apt runs in a directory of its own, and it would take a relative path for one below there.
    settings_.directory = util::absolute_path(settings_.directory);
    for (const auto name : wanted_suites)
        suites_.try_emplace(std::string(name));
}

util::Status AptArchive::prepare()
{
    const std::lock_guard guard(mutex_);
    if (!archive_) {
        if (!util::find_program("apt-get") || !util::path_exists(apt_helper))
            archive_ = util::fail(util::ErrorCode::source, "this host has no apt");
        else
            archive_ = choose_archive(read_host_sources(settings_.etc_apt), read_codename(settings_.os_release));
    }
    if (!*archive_)
        return tl::unexpected(archive_->error());
    // A quotation mark would end the string in apt's configuration, and there is no way to write one.
    if (settings_.directory.string().find_first_of("\"\n") != std::string::npos)
        return util::fail(util::ErrorCode::source, "apt cannot use the directory " + settings_.directory.string());
    return {};
}

AptArchive::Freshness AptArchive::freshness(const std::string& name) const
{
    const auto directory = suite_directory(name);
    const auto sources = util::read_file(directory / "debian.sources");
    // Lists that came from another mirror name files that this one may not have.
    if (!sources || *sources != private_sources(**archive_, name) || !has_lists(directory))
        return Freshness::missing;
    std::error_code error;
    const auto updated = fs::last_write_time(directory / "updated", error);
    if (error)
        return Freshness::old;
    const auto age = fs::file_time_type::clock::now() - updated;
    return age >= age.zero() && age < settings_.list_age ? Freshness::fresh : Freshness::old;
}

util::Status AptArchive::configure(const std::string& name)
{
    if (suites_.at(name).configured)
        return {};
    // Written anew by each process: the root may have been moved, and the settings may have changed.
    SF_CHECK(util::make_directories(suite_directory(name) / "lists" / "partial"));
    SF_CHECK(util::make_directories(suite_directory(name) / "archives" / "partial"));
    SF_CHECK(util::write_file_atomic(config_file(name), render_config(suite_directory(name), settings_.network)));
    suites_.at(name).configured = true;
    return {};
}

util::Status AptArchive::update(const std::string& name, const util::StopToken& stop)
{
    SF_CHECK(configure(name));
    auto& suite = suites_.at(name);
    suite.updated = true;
    const auto directory = suite_directory(name);
    SF_CHECK(util::write_file_atomic(directory / "debian.sources", private_sources(**archive_, name)));
    SF_TRY(const auto result,
           util::run(apt_command({"apt-get", "-c", config_file(name).string(), "-q", "update"}, directory, stop)));
    if (result.exit_code == 0)
        return util::write_file_atomic(directory / "updated", "");
    auto error = apt_error("the update of " + name + " failed", result.output);
    if (error.code == util::ErrorCode::no_space)
        return tl::unexpected(std::move(error));
    // What could be had may still be enough, so this is an error only if nothing is found in the end. All suites come
    // from one host: do not ask it again.
    if (error.reason == util::Reason::unreachable)
        unreachable_ = true;
    const std::lock_guard guard(mutex_);
    suite.complaint = std::move(error.message);
    return {};
}

util::Result<std::vector<AptRecord>> AptArchive::show(const std::string& name, const std::vector<std::string>& packages,
                                                      const util::StopToken& stop)
{
    SF_CHECK(configure(name));
    std::vector<std::string> argv = {"apt-cache", "-c", config_file(name).string(), "showsrc", "--only-source"};
    argv.insert(argv.end(), packages.begin(), packages.end());
    SF_TRY(const auto shown, util::run(apt_command(std::move(argv), suite_directory(name), stop)));
    // A failure says that it has none of them.
    return shown.exit_code == 0 ? parse_showsrc(shown.output) : std::vector<AptRecord>();
}

util::Result<std::optional<AptFile>> AptArchive::search(const std::string& name, const recipe::AptSource& wanted,
                                                        const util::Digest& sha256, const util::StopToken& stop)
{
    SF_TRY(const auto records, show(name, {wanted.package}, stop));
    for (const auto& record : records) {
        const auto orig = std::find_if(record.files.begin(), record.files.end(), [&](const AptRecordFile& file) {
            return file.name == wanted.file && file.sha256 == sha256.to_hex();
        });
        const auto version = wanted.exact ? record.version : upstream_version(record.version);
        const bool same_version = record.package == wanted.package && version == wanted.version;
        if (!same_version || orig == record.files.end()) {
            const std::lock_guard guard(mutex_);
            auto& others = other_versions_[wanted.package];
            if (std::find(others.begin(), others.end(), record.version) == others.end())
                others.push_back(record.version);
            continue;
        }
        SF_TRY(auto uris, find_uris(name, record, sha256, stop));
        if (!uris.empty())
            return AptFile{.uris = std::move(uris), .version = record.version, .suite = name, .size = orig->size};
    }
    return std::nullopt;
}

util::Result<std::vector<std::string>> AptArchive::find_uris(const std::string& name, const AptRecord& record,
                                                             const util::Digest& sha256, const util::StopToken& stop)
{
    // Of a version that both suites have, apt names the first. The other may be the one that still has the file: a
    // suite's pool is swept when the next revision comes, and the security suite's at another time.
    std::vector<std::string> choices = {record.package + "=" + record.version};
    if ((*archive_)->security && name != "sid")
        choices.push_back(fmt::format("{}/{}-security", record.package, name));
    std::vector<std::string> uris;
    for (const auto& choice : choices) {
        SF_TRY(const auto printed,
               util::run(apt_command({"apt-get", "-c", config_file(name).string(), "-q", "--print-uris",
                                      "--only-source", "--download-only", "source", choice},
                                     suite_directory(name), stop)));
        const auto uri = find_uri(printed.output, sha256);
        if (uri && std::find(uris.begin(), uris.end(), *uri) == uris.end())
            uris.push_back(*uri);
    }
    return uris;
}

util::Error AptArchive::not_found(const recipe::AptSource& wanted, bool had_lists)
{
    const auto complained = complaints();
    const std::lock_guard guard(mutex_);
    auto text = had_lists ? fmt::format("{} {} with that checksum is not in the lists of {} and their security suites",
                                        wanted.package, wanted.version,
                                        util::join({wanted_suites.begin(), wanted_suites.end()}, ", "))
                          : std::string("there are no lists of the archive's source packages");
    if (const auto others = other_versions_.find(wanted.package); others != other_versions_.end())
        text += fmt::format(", which have {}", util::join(others->second, ", "));
    for (const auto& complaint : complained)
        text += "; " + complaint;
    return util::Error{util::ErrorCode::source,
                       std::move(text),
                       wanted.exact && had_lists
                           ? "a distribution replaces a revision by the next one: name that in the recipe, or bring "
                             "the file by a mirror"
                           : "",
                       {}};
}

util::Result<AptArchive::Looked> AptArchive::look(const std::string& name, Use use, const recipe::AptSource& wanted,
                                                  const util::Digest& sha256, const util::StopToken& stop)
{
    auto& suite = suites_.at(name);
    const std::lock_guard guard(suite.mutex);
    SF_TRY(const auto lock, util::wait_for_lock(suite_directory(name) / "lock", stop));
    const auto state = freshness(name);
    const bool may_update = !suite.updated && !unreachable_;
    if ((use == Use::present && state == Freshness::missing) ||
        (use == Use::renewed && (state != Freshness::old || !may_update)))
        return Looked{};
    // Another thread may have got missing lists by now.
    if (may_update && (use == Use::renewed || (use == Use::missing && state == Freshness::missing)))
        SF_CHECK(update(name, stop));
    if (freshness(name) == Freshness::missing)
        return Looked{};
    SF_TRY(auto file, search(name, wanted, sha256, stop));
    return Looked{.had_lists = true, .file = std::move(file)};
}

util::Result<AptFile> AptArchive::locate(const recipe::AptSource& wanted, const util::Digest& sha256,
                                         const util::StopToken& stop)
{
    SF_CHECK(stop.check());
    SF_CHECK(prepare());
    std::set<std::string_view> searched;
    // Lists that are here cost nothing; pinned archives are mostly in old ones too, so these are renewed last.
    for (const auto use : {Use::present, Use::missing, Use::renewed}) {
        for (const auto name : wanted_suites) {
            if (use != Use::renewed && searched.count(name) > 0)
                continue;
            SF_TRY(auto looked, look(std::string(name), use, wanted, sha256, stop));
            if (looked.file)
                return std::move(*looked.file);
            if (looked.had_lists)
                searched.insert(name);
        }
    }
    return tl::unexpected(not_found(wanted, !searched.empty()));
}

std::optional<AptFile> AptArchive::in_pool(const recipe::AptSource& wanted)
{
    if (!prepare() || unreachable_)
        return std::nullopt;
    const auto suite = std::string(wanted_suites.front()); // whose apt state is used; the pool is that of all suites
    const std::lock_guard guard(suites_.at(suite).mutex);
    if (!configure(suite))
        return std::nullopt;
    return AptFile{
        .uris = pool_uris(**archive_, wanted.package, wanted.file), .version = wanted.version, .suite = suite};
}

util::Result<std::map<std::string, std::vector<AptVersion>>>
AptArchive::versions(const std::vector<std::string>& packages, bool offline, const util::StopToken& stop)
{
    SF_CHECK(stop.check());
    SF_CHECK(prepare());
    std::map<std::string, std::vector<AptVersion>> found;
    bool had_lists = false;
    for (auto& [name, suite] : suites_) {
        const std::lock_guard guard(suite.mutex);
        SF_TRY(const auto lock, util::wait_for_lock(suite_directory(name) / "lock", stop));
        if (!offline && !suite.updated && !unreachable_ && freshness(name) != Freshness::fresh)
            SF_CHECK(update(name, stop));
        if (freshness(name) == Freshness::missing)
            continue;
        had_lists = true;
        SF_TRY(auto records, show(name, packages, stop));
        for (auto& record : records)
            found[record.package].push_back({std::move(record.version), name});
    }
    if (!had_lists) {
        const auto complained = complaints();
        return util::fail(util::ErrorCode::source, "there are no lists of the archive's source packages" +
                                                       (complained.empty() ? "" : "; " + util::join(complained, "; ")));
    }
    return found;
}

std::vector<std::string> AptArchive::complaints()
{
    const std::lock_guard guard(mutex_);
    std::vector<std::string> all;
    for (const auto& [name, suite] : suites_)
        if (!suite.complaint.empty())
            all.push_back(suite.complaint);
    return all;
}

util::Result<bool> AptArchive::renew(const AptFile& file, const util::StopToken& stop)
{
    auto& suite = suites_.at(file.suite);
    const std::lock_guard guard(suite.mutex);
    if (suite.updated || unreachable_)
        return false;
    SF_TRY(const auto lock, util::wait_for_lock(suite_directory(file.suite) / "lock", stop));
    SF_CHECK(update(file.suite, stop));
    return true;
}

util::Status AptArchive::download(const AptFile& file, const util::Digest& sha256, const fs::path& to,
                                  const util::StopToken& stop) const
{
    std::string faults;
    for (const auto& uri : file.uris) {
        auto done = download_from(uri, file, sha256, to, stop);
        if (done || done.error().code != util::ErrorCode::source)
            return done;
        faults += (faults.empty() ? "" : "; ") + done.error().message;
    }
    return util::fail(util::ErrorCode::source, std::move(faults));
}

util::Status AptArchive::download_from(const std::string& uri, const AptFile& file, const util::Digest& sha256,
                                       const fs::path& to, const util::StopToken& stop) const
{
    const auto directory = suite_directory(file.suite);
    SF_TRY(const auto result,
           util::run(apt_command({apt_helper, "-c", config_file(file.suite).string(), "download-file", uri,
                                  util::absolute_path(to).string(), "SHA256:" + sha256.to_hex()},
                                 directory, stop)));
    if (result.exit_code == 0)
        return replace_link(to, stop);
    auto error = apt_error("apt cannot download it", result.output);
    if (error.code == util::ErrorCode::no_space)
        SF_CHECK(util::remove_tree(to));
    return tl::unexpected(std::move(error));
}

} // namespace sf::source
