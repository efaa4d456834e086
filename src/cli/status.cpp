#include "app/cluster/deploy.hpp"
#include "cli/activity.hpp"
#include "cli/command.hpp"
#include "cli/host_options.hpp"
#include "cli/output.hpp"
#include "deploy/hostlist.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

/// A line of the table: which hosts have what in common.
struct Row {
    std::string kind; ///< "link", "previous", "running", "installed"
    std::string role; ///< empty for "installed"
    std::string version;
    std::string hosts; ///< folded
};

std::vector<Row> rows_of(const std::vector<deploy::HostStatus>& statuses)
{
    // Kinds and roles in the order in which they are of interest.
    constexpr std::array<const char*, 4> kinds = {"link", "running", "previous", "installed"};
    std::map<std::tuple<std::size_t, std::optional<deploy::Role>, std::string>, std::vector<std::string>> groups;
    for (const auto& [host, state, failure] : statuses) {
        for (const auto& [role, version] : state.links)
            groups[{0, role, version}].push_back(host);
        for (const auto& [role, versions] : state.running)
            for (const auto& version : versions)
                groups[{1, role, version}].push_back(host);
        for (const auto& [role, version] : state.previous)
            groups[{2, role, version}].push_back(host);
        for (const auto& version : state.versions)
            groups[{3, std::nullopt, version}].push_back(host);
    }
    std::vector<Row> rows;
    for (const auto& [key, hosts] : groups) {
        const auto& [kind, role, version] = key;
        rows.push_back(
            {kinds.at(kind), role ? std::string(to_string(*role)) : "", version, deploy::fold_hostlist(hosts)});
    }
    return rows;
}

std::vector<std::pair<std::string, std::string>> failures_of(const std::vector<deploy::HostStatus>& statuses)
{
    std::vector<HostText> failed;
    for (const auto& status : statuses)
        if (!status.failure.empty())
            failed.push_back({status.host, status.failure});
    return by_text(failed);
}

void print_table(const std::vector<deploy::HostStatus>& statuses)
{
    const auto rows = rows_of(statuses);
    std::size_t width = 0;
    for (const auto& row : rows)
        width = std::max(width, row.version.size());
    for (const auto& row : rows)
        print("{:<9}  {:<9}  {:<{}}  {}\n", row.kind, row.role.empty() ? "-" : row.role, row.version, width, row.hosts);
    if (rows.empty())
        print("nothing is installed\n");
    for (const auto& [hosts, reason] : failures_of(statuses))
        print("failed     {}: {}\n", hosts, Lines{reason});
}

void print_json(const std::vector<deploy::HostStatus>& statuses, const std::string& prefix)
{
    Json json = {{"prefix", prefix},          {"link", Json::array()},      {"running", Json::array()},
                 {"previous", Json::array()}, {"installed", Json::array()}, {"failed", Json::array()}};
    for (const auto& row : rows_of(statuses)) {
        Json entry;
        if (!row.role.empty())
            entry["role"] = row.role;
        entry["version"] = row.version;
        entry["hosts"] = row.hosts;
        json[row.kind].push_back(std::move(entry));
    }
    for (const auto& [hosts, reason] : failures_of(statuses))
        json["failed"].push_back({{"hosts", hosts}, {"reason", reason}});
    cli::print_json(json);
}

util::Result<int> show_hosts(const app::Session& session, const app::HostOptions& hosts, bool json)
{
    SF_TRY(const auto statuses, app::deployed_status(session, hosts));
    if (json)
        print_json(statuses, hosts.prefix.string());
    else
        print_table(statuses);
    const bool whole =
        std::all_of(statuses.begin(), statuses.end(), [](const auto& status) { return status.failure.empty(); });
    return whole ? 0 : static_cast<int>(util::ErrorCode::deploy);
}

bool names_hosts(const app::HostOptions& hosts)
{
    return hosts.hosts || hosts.hosts_file || hosts.from_slurm || !hosts.prefix.empty();
}

void define_status(CLI::App& command, Invocation& invocation)
{
    auto hosts = add_host_options(command);
    auto options = std::make_shared<ActivityOptions>();
    command.add_flag("--json", options->json, "Print a JSON document");
    command.add_flag("--disk", options->disk, "For this machine: also show the size of the caches");
    command.callback([&invocation, hosts, options] {
        invocation.action = [hosts, options](const app::Session& session) {
            return names_hosts(*hosts) ? show_hosts(session, *hosts, options->json) : show_activity(session, *options);
        };
    });
}

const Registration registered_status({
    .place = {HelpGroup::watching, 1},
    .path = "status",
    .description = "Show what builds on this machine are doing, or what is deployed on hosts and runs there",
    .examples = "slurm-factory status\n"
                "  slurm-factory status --hosts 'node[001-128]' --prefix /opt/slurm\n"
                "  slurm-factory status --prefix /nfs/slurm --json",
    .needs = Needs::nothing,
    .define = define_status,
});

} // namespace
} // namespace sf::cli
