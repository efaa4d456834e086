#include "cli/host_options.hpp"

#include "deploy/hostlist.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::cli {

std::shared_ptr<app::HostOptions> add_host_options(CLI::App& command)
{
    auto options = std::make_shared<app::HostOptions>();
    command.add_option("--hosts", options->hosts, "Hosts, in Slurm's syntax: 'node[001-128],root@login1'")
        ->type_name("HOSTLIST");
    command.add_option("--hosts-file", options->hosts_file, "A file with one such list per line; - is standard input")
        ->type_name("FILE");
    command.add_flag("--from-slurm", options->from_slurm, "The nodes of the running cluster, as sinfo names them");
    command.add_option("--prefix", options->prefix, "Directory of all versions, the same on each host")
        ->type_name("DIR");
    command.add_option("--fanout", options->fanout, "Concurrent connections [32]")
        ->type_name("N")
        ->check(CLI::Range(1, 4096)); // NOLINT: what a host has processes for
    command.add_option("--ssh", options->ssh, "The program that connects [ssh]")->type_name("PROGRAM");
    command.add_option("--ssh-option", options->ssh_options, "An option for it, as ssh_config(5) has them")
        ->type_name("OPTION")
        ->allow_extra_args(false);
    command
        .add_option("--timeout", options->timeout_seconds,
                    "Seconds for each step of a host: its login, an answer, 64 KiB of a transfer [120]")
        ->type_name("S")
        ->check(CLI::Range(1, 86400)); // NOLINT: a day
    command.add_option("--retries", options->retries, "Further tries of a host that failed [0]")->type_name("N");
    return options;
}

std::shared_ptr<app::ActivationOptions> add_activation_options(CLI::App& command, const std::string& role_help)
{
    auto options = std::make_shared<app::ActivationOptions>();
    command.add_option("--role", options->roles, role_help)->type_name("ROLE,...");
    command
        .add_option("--installed", options->installed,
                    "Version of a role on hosts that are not listed: slurmctld=24.11.5")
        ->type_name("ROLE=VERSION")
        ->allow_extra_args(false);
    command
        .add_option("--cluster-version", options->cluster_version,
                    "Version of all roles that these hosts do not change")
        ->type_name("VERSION");
    command.add_flag("--force", options->force, "Only report violations of Slurm's rules for upgrades");
    command.add_flag("-n,--dry-run", options->dry_run, "Ask the hosts, show what would be done, and do nothing");
    return options;
}

std::vector<std::pair<std::string, std::string>> by_text(const std::vector<HostText>& hosts)
{
    struct Group {
        std::string key;
        std::string text;
        std::vector<std::string> hosts;
    };
    std::vector<Group> groups;
    for (const auto& [host, text] : hosts) {
        const auto name = host.substr(host.find('@') + 1);
        auto key = util::replace_all(text, name, "HOST");
        const auto same =
            std::find_if(groups.begin(), groups.end(), [&key](const Group& group) { return group.key == key; });
        if (same == groups.end())
            groups.push_back({std::move(key), text, {host}});
        else
            same->hosts.push_back(host);
    }
    std::vector<std::pair<std::string, std::string>> folded;
    folded.reserve(groups.size());
    for (const auto& group : groups)
        folded.emplace_back(deploy::fold_hostlist(group.hosts), group.text);
    return folded;
}

} // namespace sf::cli
