#include "app/cluster/deploy.hpp"
#include "cli/command.hpp"
#include "cli/host_options.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <memory>
#include <numeric>
#include <string>

namespace sf::cli {
namespace {

std::string describe(const deploy::HostResult& host, const std::string& version)
{
    std::vector<std::string> words;
    if (host.plan.install)
        words.push_back(fmt::format("install {} ({}{})", version, host.delta ? "a delta of " : "the whole tarball, ",
                                    util::human_bytes(host.bytes)));
    for (const auto& [role, change] : host.plan.moves)
        words.push_back(fmt::format("{} {} -> {}", to_string(role), change.from.value_or("(none)"), change.to));
    for (const auto& old : host.removed)
        words.push_back("remove " + old);
    return words.empty() ? "nothing to do" : util::join(words, "; ");
}

void print_forced(const deploy::DeploymentReport& report)
{
    for (const auto& violation : report.forced)
        print("forced: {}: {}\n", violation.rule, violation.detail);
}

/// What would be done, or why it cannot be, by groups of hosts.
void print_plan(const deploy::DeploymentReport& report, const std::string& version)
{
    std::vector<HostText> hosts;
    for (const auto& one : report.hosts)
        hosts.push_back({one.host, one.failure.empty() ? describe(one, version) : "failed: " + one.failure});
    for (const auto& [folded, text] : by_text(hosts))
        print("{}: {}\n", folded, Lines{text});
}

void print_failures(const deploy::DeploymentReport& report)
{
    std::vector<HostText> failed;
    for (const auto& one : report.hosts)
        if (!one.failure.empty())
            failed.push_back({one.host, one.failure});
    for (const auto& [folded, text] : by_text(failed))
        print("failed: {}: {}\n", folded, Lines{text});
}

int status_of(const deploy::DeploymentReport& report)
{
    return report.failures() == 0 ? 0 : static_cast<int>(util::ErrorCode::deploy);
}

std::string counted(const deploy::DeploymentReport& report)
{
    return fmt::format("{} of {} hosts", report.hosts.size() - report.failures(), report.hosts.size());
}

void print_deployed(const app::DeployReport& report, bool activate)
{
    const auto& hosts = report.report.hosts;
    const auto bytes = std::accumulate(hosts.begin(), hosts.end(), std::uint64_t{0},
                                       [](auto sum, const auto& one) { return sum + one.bytes; });
    const auto removed = std::accumulate(hosts.begin(), hosts.end(), std::size_t{0},
                                         [](auto sum, const auto& one) { return sum + one.removed.size(); });
    print("{}: {} {}\n", counted(report.report), report.version, activate ? "active" : "installed");
    print("{} sent in all; the tarball has {}\n", util::human_bytes(bytes), util::human_bytes(report.bytes));
    if (!report.no_delta_reason.empty())
        print("no delta was sent: {}\n", report.no_delta_reason);
    if (removed > 0)
        print("{} old versions removed\n", removed);
    print_failures(report.report);
}

struct DeployChoice {
    std::string bundle;
    deploy::DeployOptions options;
    bool no_activate = false;
    bool remove_old = false;
    std::optional<std::size_t> keep;
};

std::shared_ptr<DeployChoice> add_deploy_options(CLI::App& command)
{
    auto choice = std::make_shared<DeployChoice>();
    command.add_option("BUNDLE", choice->bundle, "The software tarball that build wrote (.tar.gz or .tar.zst)")
        ->required();
    command.add_flag("--no-activate", choice->no_activate, "Only install, and move no link");
    command.add_flag("--delta", choice->options.delta, "Send only packages that no version on the host has");
    command.add_flag("--remove-old", choice->remove_old,
                     "Afterwards remove versions that no link and no process needs");
    command.add_option("--keep", choice->keep, "The same, but keep the newest N of them")->type_name("N");
    return choice;
}

void define_deploy(CLI::App& command, Invocation& invocation)
{
    auto choice = add_deploy_options(command);
    auto hosts = add_host_options(command);
    auto activation = add_activation_options(
        command, "slurmdbd, slurmctld, slurmd, client, or all: those the host has links for, or each one [all]");
    command.callback([&invocation, choice, hosts, activation] {
        invocation.action = [choice, hosts, activation](const app::Session& session) -> util::Result<int> {
            auto& options = choice->options;
            options.activate = !choice->no_activate;
            options.keep =
                choice->keep ? choice->keep : (choice->remove_old ? std::optional<std::size_t>(0) : std::nullopt);
            SF_TRY(const auto report, app::deploy_bundle(session, choice->bundle, *hosts, *activation, options));
            print_forced(report.report);
            if (activation->dry_run) {
                print_plan(report.report, report.version);
                if (!report.no_delta_reason.empty())
                    print("no delta would be sent: {}\n", report.no_delta_reason);
            } else {
                print_deployed(report, options.activate);
            }
            return status_of(report.report);
        };
    });
}

const Registration registered_deploy({
    .place = {HelpGroup::hosts, 3},
    .path = "deploy",
    .description = "Install a software tarball on many hosts beside the versions they have, and switch to it",
    .examples =
        "slurm-factory deploy slurm-24.11-software.tar.gz --hosts 'node[001-128]' --prefix /opt/slurm --role slurmd\n"
        "  slurm-factory deploy slurm-24.11-software.tar.gz --prefix /nfs/slurm --role slurmd,client\n"
        "  slurm-factory deploy slurm-24.11-software.tar.gz --from-slurm --prefix /opt/slurm --delta --dry-run",
    .needs = Needs::nothing,
    .define = define_deploy,
});

void define_rollback(CLI::App& command, Invocation& invocation)
{
    auto hosts = add_host_options(command);
    auto activation = add_activation_options(
        command, "slurmdbd, slurmctld, slurmd, client, or all: those that have an earlier version [all]");
    command.callback([&invocation, hosts, activation] {
        invocation.action = [hosts, activation](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto report, app::roll_back(session, *hosts, *activation));
            print_forced(report);
            print_plan(report, {});
            if (!activation->dry_run)
                print("{}: rolled back\n", counted(report));
            return status_of(report);
        };
    });
}

const Registration registered_rollback({
    .place = {HelpGroup::hosts, 4},
    .path = "rollback",
    .description = "Point the links of a deployment back to their earlier targets",
    .examples = "slurm-factory rollback --hosts 'node[001-128]' --prefix /opt/slurm --role slurmd\n"
                "  slurm-factory rollback --hosts 'node[001-128]' --prefix /opt/slurm --dry-run",
    .needs = Needs::nothing,
    .define = define_rollback,
});

} // namespace
} // namespace sf::cli
