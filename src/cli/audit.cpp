#include "app/cluster/host_audit.hpp"
#include "cli/audit_report.hpp"
#include "cli/command.hpp"
#include "cli/host_options.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace sf::cli {
namespace {

struct AuditChoice {
    std::vector<std::string> paths;
    app::AuditOptions options;
    std::string format = "text";
    bool all = false;
};

util::Result<int> audit_files(const app::Session& session, const AuditChoice& choice)
{
    SF_TRY(const auto files, app::audit_files(session, choice.paths, choice.options));
    if (choice.format == "json")
        print_audits_json(files);
    else
        print_audits(files, choice.all);
    const bool open = std::any_of(files.begin(), files.end(),
                                  [](const auto& file) { return file.audit.count(advisory::State::open) > 0; });
    return open ? static_cast<int>(util::ErrorCode::verify) : 0;
}

util::Result<int> audit_hosts(const app::Session& session, const app::HostOptions& hosts, const AuditChoice& choice)
{
    SF_TRY(const auto audit, app::audit_hosts(session, hosts, choice.options));
    if (choice.format == "json")
        print_hosts_audit_json(audit);
    else
        print_hosts_audit(audit, choice.all);
    if (std::any_of(audit.versions.begin(), audit.versions.end(), [](const app::AuditedVersion& version) {
            return !version.fault.empty() || version.audit.count(advisory::State::open) > 0;
        }))
        return static_cast<int>(util::ErrorCode::verify);
    return audit.failed.empty() ? 0 : static_cast<int>(util::ErrorCode::deploy);
}

bool means_hosts(const app::HostOptions& hosts)
{
    return hosts.hosts || hosts.hosts_file || hosts.from_slurm || !hosts.prefix.empty();
}

void define_audit(CLI::App& command, Invocation& invocation)
{
    auto choice = std::make_shared<AuditChoice>();
    command.add_option("path", choice->paths, "Software tarballs, trees of them, or manifests")->type_name("PATH");
    command
        .add_option("--advisories", choice->options.advisories,
                    "More advisories: a file or directory in the OSV format, or a URL; Debian's tracker, too")
        ->type_name("PLACE")
        ->allow_extra_args(false);
    command.add_option("--oldest", choice->options.oldest_days, "Warn about advisories older than this many days [30]")
        ->type_name("DAYS")
        ->check(CLI::Range(1, 36500)); // NOLINT: a hundred years
    add_format(command, choice->format);
    command.add_flag("--all", choice->all, "Also list patched holes, and holes in code that is not built");
    auto hosts = add_host_options(command);
    command.callback([&invocation, choice, hosts] {
        if (choice->paths.empty() == !means_hosts(*hosts))
            throw CLI::ValidationError("audit", choice->paths.empty()
                                                    ? "name a software tarball, a tree or a manifest, or hosts with "
                                                      "--prefix and --hosts"
                                                    : "name either files or hosts");
        invocation.action = [choice, hosts](const app::Session& session) {
            return choice->paths.empty() ? audit_hosts(session, *hosts, *choice) : audit_files(session, *choice);
        };
    });
}

const Registration registered_audit({
    .place = {HelpGroup::site, 3},
    .path = "audit",
    .description = "List known holes in a bundle or on hosts, and the versions that fix them",
    .examples = "slurm-factory audit ~/.slurm-factory/builds/slurm-24.11-software.tar.gz\n"
                "  slurm-factory audit --advisories osv/ --format json /opt/slurm/current\n"
                "  slurm-factory audit --hosts 'node[001-128]' --prefix /opt/slurm",
    .needs = Needs::nothing,
    .define = define_audit,
});

} // namespace
} // namespace sf::cli
