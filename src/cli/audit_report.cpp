#include "cli/audit_report.hpp"

#include "cli/host_options.hpp"
#include "cli/output.hpp"
#include "deploy/hostlist.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sf::cli {
namespace {

using advisory::State;
using Json = nlohmann::ordered_json;

constexpr int audit_schema = 1; ///< docs/audit.md

/// What is to be done about an open hole.
std::string remedy(const app::Hole& hole)
{
    if (!hole.recipe.empty())
        return "fixed by version " + hole.recipe + " of the recipe";
    if (!hole.fixed_in.empty())
        return "fixed in " + hole.fixed_in + ", which no recipe has";
    return "no version that fixes it is known";
}

std::string detail(const app::Hole& hole)
{
    switch (hole.state) {
    case State::open:
        return remedy(hole);
    case State::patched:
        return util::join(hole.patches, ", ");
    case State::not_affected:
    case State::unknown:
        break;
    }
    return hole.reason;
}

bool is_listed(const app::Hole& hole, bool all)
{
    return all || hole.state == State::open || hole.state == State::unknown;
}

void print_holes(const app::Audit& audit, bool all)
{
    for (const auto& package : audit.packages)
        for (const auto& hole : package.holes) {
            if (!is_listed(hole, all))
                continue;
            print("{:<12}  {:<16}  {} {}: {}\n", std::string(to_string(hole.state)), hole.id, package.name,
                  package.version.empty() ? "(version unknown)" : package.version, hole.summary);
            print("              {}\n", detail(hole));
        }
}

Json to_json(const app::Hole& hole)
{
    Json json = {{"id", hole.id}, {"state", std::string(to_string(hole.state))}, {"summary", hole.summary}};
    if (!hole.severity.empty())
        json["severity"] = hole.severity;
    if (!hole.patches.empty())
        json["patches"] = hole.patches;
    if (!hole.fixed_in.empty())
        json["fixed_in"] = hole.fixed_in;
    if (!hole.recipe.empty())
        json["recipe"] = hole.recipe;
    if (!hole.reason.empty())
        json["reason"] = hole.reason;
    json["origin"] = hole.origin;
    return json;
}

Json to_json(const app::Audit& audit)
{
    Json json = {{"open", audit.count(State::open)},
                 {"patched", audit.count(State::patched)},
                 {"not_affected", audit.count(State::not_affected)},
                 {"unknown", audit.count(State::unknown)},
                 {"packages", Json::array()}};
    for (const auto& package : audit.packages) {
        Json entry = {{"name", package.name}, {"version", package.version}, {"holes", Json::array()}};
        for (const auto& hole : package.holes)
            entry["holes"].push_back(to_json(hole));
        json["packages"].push_back(std::move(entry));
    }
    return json;
}

std::vector<std::pair<std::string, std::string>> failures_of(const app::HostsAudit& audit)
{
    std::vector<HostText> failed;
    for (const auto& [host, reason] : audit.failed)
        failed.push_back({host, reason});
    return by_text(failed);
}

} // namespace

std::string audit_line(const app::Audit& audit)
{
    const auto open = audit.count(State::open);
    auto line =
        fmt::format("audit: {} known hole{} open, {} patched", open, open == 1 ? "" : "s", audit.count(State::patched));
    if (const auto unknown = audit.count(State::unknown); unknown > 0)
        line += fmt::format(", {} unknown", unknown);
    return line;
}

void print_audits(const std::vector<app::AuditedFile>& files, bool all)
{
    for (const auto& [path, audit] : files) {
        if (files.size() > 1)
            print("{}\n", path);
        print_holes(audit, all);
        print("{}\n", audit_line(audit));
    }
}

void print_audits_json(const std::vector<app::AuditedFile>& files)
{
    Json json = {{"schema", audit_schema}, {"audits", Json::array()}};
    for (const auto& [path, audit] : files) {
        Json entry = {{"path", path}};
        entry.update(to_json(audit));
        json["audits"].push_back(std::move(entry));
    }
    print_json(json);
}

void print_hosts_audit(const app::HostsAudit& audit, bool all)
{
    for (const auto& version : audit.versions) {
        print("{}  on {}", version.version, deploy::fold_hostlist(version.hosts));
        if (!version.in_use.empty())
            print(", in use on {}", deploy::fold_hostlist(version.in_use));
        print("\n");
        if (!version.fault.empty()) {
            print("  its contents are unknown: {}\n", Lines{version.fault});
            continue;
        }
        print_holes(version.audit, all);
        print("{}\n", audit_line(version.audit));
    }
    if (audit.versions.empty())
        print("nothing is installed\n");
    for (const auto& [hosts, reason] : failures_of(audit))
        print("failed  {}: {}\n", hosts, Lines{reason});
}

void print_hosts_audit_json(const app::HostsAudit& audit)
{
    Json json = {{"schema", audit_schema}, {"versions", Json::array()}, {"failed", Json::array()}};
    for (const auto& version : audit.versions) {
        Json entry = {{"version", version.version},
                      {"hosts", deploy::fold_hostlist(version.hosts)},
                      {"in_use", deploy::fold_hostlist(version.in_use)}};
        if (version.fault.empty())
            entry.update(to_json(version.audit));
        else
            entry["fault"] = version.fault;
        json["versions"].push_back(std::move(entry));
    }
    for (const auto& [hosts, reason] : failures_of(audit))
        json["failed"].push_back({{"hosts", hosts}, {"reason", reason}});
    print_json(json);
}

} // namespace sf::cli
