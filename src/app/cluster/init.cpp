#include "app/cluster/init.hpp"

#include "app/session/program.hpp"
#include "app/session/session.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <string_view>
#include <utility>

namespace sf::app {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;
using util::Result;

/// Which clusters a file or line is for.
enum class For { all, database, nss, pam };

struct Template {
    const char* source; ///< below init/ of the data directory
    const char* place;
    For clusters;
    mode_t mode;
};

constexpr mode_t usual_mode = 0644;
constexpr mode_t secret_mode = 0600; // slurmdbd refuses any other, because of the password

constexpr std::array templates{
    Template{"nss_slurm.conf", "etc/nss_slurm.conf", For::nss, usual_mode},
    Template{"pam.conf", "etc/pam.d/slurm-adopt", For::pam, usual_mode},
    Template{"cgroup.conf", "etc/slurm/cgroup.conf", For::all, usual_mode},
    Template{"slurm.conf", "etc/slurm/slurm.conf", For::all, usual_mode},
    Template{"slurmdbd.conf", "etc/slurm/slurmdbd.conf", For::database, secret_mode},
    Template{"systemd/munge.service", "etc/systemd/system/munge.service", For::all, usual_mode},
    Template{"systemd/slurmctld.service", "etc/systemd/system/slurmctld.service", For::all, usual_mode},
    Template{"systemd/slurmd.service", "etc/systemd/system/slurmd.service", For::all, usual_mode},
    Template{"systemd/slurmdbd.service", "etc/systemd/system/slurmdbd.service", For::database, usual_mode},
    Template{"systemd/slurmrestd.service", "etc/systemd/system/slurmrestd.service", For::all, usual_mode},
    Template{"sysusers.conf", "etc/sysusers.d/slurm.conf", For::all, usual_mode},
    Template{"tmpfiles.conf", "etc/tmpfiles.d/slurm.conf", For::all, usual_mode},
};

bool has_only(std::string_view text, std::string_view punctuation)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [punctuation](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || punctuation.find(c) != std::string_view::npos;
    });
}

/// Whether each bracket is closed before the next one opens, and has something in it.
bool is_host_list(std::string_view text)
{
    if (!has_only(text, ".-_,[]") || text.find("[]") != std::string_view::npos)
        return false;
    bool inside = false;
    for (const char c : text) {
        if ((c == '[' && inside) || (c == ']' && !inside))
            return false;
        inside = c == '[' || (inside && c != ']');
    }
    return !inside;
}

util::Status check_host(std::string_view what, const std::string& host)
{
    if (has_only(host, ".-") && host.front() != '-' && host.front() != '.')
        return {};
    return util::fail(ErrorCode::usage, fmt::format("'{}' is not a host name for {}", host, what),
                      "write the output of `hostname` there, such as head1");
}

util::Status check(const NewCluster& cluster)
{
    const bool lower = std::none_of(cluster.name.begin(), cluster.name.end(),
                                    [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; });
    if (!lower || !has_only(cluster.name, "_-"))
        return util::fail(ErrorCode::usage, fmt::format("'{}' is not a cluster name", cluster.name),
                          "write lower-case letters, digits, '_' and '-': Slurm names tables of its database so");
    SF_CHECK(check_host("--control", cluster.control));
    if (!cluster.database.empty())
        SF_CHECK(check_host("--database", cluster.database));
    if (!is_host_list(cluster.nodes))
        return util::fail(ErrorCode::usage, fmt::format("'{}' is not a list of hosts", cluster.nodes),
                          "write it as Slurm does, in quotes: --nodes 'node[01-16],gpu1'");
    if (!stdfs::path(cluster.prefix).is_absolute() || !has_only(cluster.prefix, "/._-+"))
        return util::fail(ErrorCode::usage, fmt::format("'{}' is not a prefix", cluster.prefix),
                          "name an absolute path without blanks: units and links contain it");
    return {};
}

bool is_one(For clusters, const NewCluster& cluster)
{
    const auto has = [&cluster](HostModule wanted) {
        return std::find(cluster.modules.begin(), cluster.modules.end(), wanted) != cluster.modules.end();
    };
    switch (clusters) {
    case For::all:
        break;
    case For::database:
        return !cluster.database.empty();
    case For::nss:
        return has(HostModule::nss);
    case For::pam:
        return has(HostModule::pam);
    }
    return true;
}

struct Condition {
    std::string_view mark;
    For clusters;
};
/// What lines begin with that are not for all clusters.
constexpr std::array conditions{Condition{"@IF_DATABASE@", For::database}, Condition{"@IF_NSS@", For::nss},
                                Condition{"@IF_PAM@", For::pam}};

std::string fill(const std::string& text, const NewCluster& cluster)
{
    std::string kept;
    for (const auto& line : util::split(text, '\n')) {
        const auto* const condition = std::find_if(conditions.begin(), conditions.end(),
                                                   [&line](const auto& one) { return line.starts_with(one.mark); });
        const bool conditional = condition != conditions.end();
        if (conditional && !is_one(condition->clusters, cluster))
            continue;
        kept += (kept.empty() ? "" : "\n") + (conditional ? line.substr(condition->mark.size()) : line);
    }
    auto prefix = stdfs::path(cluster.prefix).lexically_normal().string();
    while (prefix.size() > 1 && prefix.back() == '/')
        prefix.pop_back();
    kept = util::replace_all(std::move(kept), "@CLUSTER@", cluster.name);
    kept = util::replace_all(std::move(kept), "@CONTROL@", cluster.control);
    kept = util::replace_all(std::move(kept), "@NODES@", cluster.nodes);
    kept = util::replace_all(std::move(kept), "@DATABASE@", cluster.database);
    return util::replace_all(std::move(kept), "@PREFIX@", prefix);
}

bool is_taken(const stdfs::path& path)
{
    std::error_code ignored;
    return stdfs::symlink_status(path, ignored).type() != stdfs::file_type::not_found;
}

tl::unexpected<util::Error> files_exist(const std::vector<std::string>& files, const stdfs::path& directory)
{
    std::string message = fmt::format("{} has files that init would write:", directory.string());
    for (const auto& file : files)
        message += "\n    " + file;
    return util::fail(ErrorCode::conflict, message,
                      "name another directory, or write only what is missing with --missing-only");
}

/// A file that appears in one step, and never in place of another.
util::Status write_new(const stdfs::path& path, std::string_view text, mode_t mode)
{
    SF_TRY(const auto directory, util::TempDir::make(path.parent_path(), ".new"));
    const auto draft = directory.path() / path.filename();
    SF_CHECK(util::write_file_atomic(draft, text, mode));
    if (::link(draft.c_str(), path.c_str()) != 0)
        return util::fail_errno(errno, fmt::format("cannot make {}", path.string()));
    return {};
}

util::Status write_all(const NewCluster& cluster, const stdfs::path& directory, const std::vector<Template>& wanted,
                       WrittenFiles& files)
{
    SF_TRY(const auto data, data_directory());
    for (const auto& one : wanted) {
        SF_TRY(const auto text, util::read_file(data / "init" / one.source));
        SF_CHECK(write_new(directory / one.place, fill(text, cluster), one.mode));
        files.written.emplace_back(one.place);
    }
    return {};
}

} // namespace

Result<WrittenFiles> init_cluster(const NewCluster& cluster, const stdfs::path& directory, Existing existing)
{
    SF_CHECK(check(cluster));
    WrittenFiles files;
    std::vector<Template> wanted;
    for (const auto& one : templates) {
        if (!is_one(one.clusters, cluster))
            continue;
        if (is_taken(directory / one.place))
            files.skipped.emplace_back(one.place);
        else
            wanted.push_back(one);
    }
    if (existing == Existing::refuse && !files.skipped.empty())
        return files_exist(files.skipped, directory);
    if (auto done = write_all(cluster, directory, wanted, files); !done) {
        for (const auto& file : files.written)
            ::unlink((directory / file).c_str());
        return util::fail(std::move(done).error(), "writing the files of a cluster");
    }
    return files;
}

} // namespace sf::app
