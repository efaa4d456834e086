#include "app/cluster/host_audit.hpp"

#include <algorithm>
#include <map>

namespace sf::app {
namespace {

using util::Result;

/// The same text on several hosts is one version.
std::vector<AuditedVersion> versions_of(const deploy::Manifests& answers, std::vector<const std::string*>& texts)
{
    std::map<std::pair<std::string, const std::string*>, AuditedVersion> versions;
    for (const auto& host : answers.hosts)
        for (const auto& [name, text] : host.manifests) {
            auto& version = versions[{name, text}];
            version.version = name;
            version.hosts.push_back(host.host);
            const auto linked = std::any_of(host.state.links.begin(), host.state.links.end(),
                                            [&name = name](const auto& link) { return link.second == name; });
            if (linked || host.state.busy.contains(name))
                version.in_use.push_back(host.host);
        }
    std::vector<AuditedVersion> all;
    for (auto& [key, version] : versions) {
        all.push_back(std::move(version));
        texts.push_back(key.second);
    }
    return all;
}

} // namespace

Result<HostsAudit> audit_hosts(const Session& session, const HostOptions& hosts, const AuditOptions& options)
{
    SF_TRY(const auto answers, deployed_manifests(session, hosts));
    HostsAudit result;
    std::vector<const std::string*> texts;
    result.versions = versions_of(answers, texts);
    for (const auto& host : answers.hosts)
        if (!host.failure.empty())
            result.failed.emplace_back(host.host, host.failure);
    std::vector<manifest::Manifest> manifests(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto manifest = manifest::parse(*texts[i]);
        if (manifest)
            manifests[i] = std::move(*manifest);
        else
            result.versions[i].fault =
                texts[i]->empty() ? "it has no manifest that can be read" : manifest.error().message;
    }
    SF_TRY(auto audits, audit_manifests(session, manifests, options));
    for (std::size_t i = 0; i < texts.size(); ++i)
        result.versions[i].audit = std::move(audits[i]);
    return result;
}

} // namespace sf::app
