#include "app/cluster/deploy.hpp"

#include "app/remotes/signing.hpp"
#include "deploy/hostlist.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace sf::app {

namespace {

using util::ErrorCode;
using util::Result;

constexpr std::uint64_t most_list_bytes = std::uint64_t{16} << 20U; ///< of hosts

/// A file that the user names: it may also be a pipe, as of `<(nodeset ...)`.
Result<std::vector<std::string>> hosts_of_file(const std::filesystem::path& file, const util::StopToken& stop)
{
    const bool is_input = file == "-";
    const auto name = is_input ? "standard input" : file.string();
    util::UniqueFd opened;
    if (!is_input) {
        SF_TRY(opened, util::open_file(file, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    }
    SF_TRY(const auto text, util::read_stream(is_input ? STDIN_FILENO : opened.get(), most_list_bytes, name, stop));
    return deploy::read_hostlists(text, name);
}

Result<std::vector<std::string>> hosts_of_slurm(const HostOptions& options, const util::StopToken& stop)
{
    util::Command sinfo{{"sinfo", "-h", "-N", "-o", "%N"}};
    sinfo.stop = stop;
    sinfo.timeout = std::chrono::seconds(options.timeout_seconds);
    sinfo.most_output = most_list_bytes;
    auto text = util::run_checked(sinfo);
    if (!text)
        return util::fail(std::move(text).error(), "asking Slurm for its nodes (--from-slurm)");
    return deploy::read_hostlists(*text, "sinfo");
}

Result<std::vector<std::string>> find_hosts(const HostOptions& options, const util::StopToken& stop)
{
    std::vector<std::string> hosts;
    const auto add = [&hosts](std::vector<std::string> more) {
        for (auto& host : more)
            if (std::find(hosts.begin(), hosts.end(), host) == hosts.end())
                hosts.push_back(std::move(host));
    };
    if (options.hosts) {
        SF_TRY(auto more, deploy::expand_hostlist(*options.hosts));
        add(std::move(more));
    }
    if (options.hosts_file) {
        SF_TRY(auto more, hosts_of_file(*options.hosts_file, stop));
        add(std::move(more));
    }
    if (options.from_slurm) {
        SF_TRY(auto more, hosts_of_slurm(options, stop));
        add(std::move(more));
    }
    if (hosts.empty() && (options.hosts_file || options.from_slurm))
        return util::fail(ErrorCode::usage, "there are no hosts",
                          options.hosts_file ? fmt::format("{} names none", options.hosts_file->string())
                                             : "sinfo named none");
    return hosts;
}

Result<std::string> check_prefix(const std::filesystem::path& prefix)
{
    if (prefix.empty())
        return util::fail(ErrorCode::usage, "--prefix is missing", "for example --prefix /opt/slurm");
    auto path = prefix.lexically_normal().string();
    while (path.size() > 1 && path.ends_with('/'))
        path.pop_back();
    const bool printable = std::all_of(path.begin(), path.end(), [](char c) {
        constexpr int first_printable = 32;
        return static_cast<unsigned char>(c) >= first_printable;
    });
    if (!prefix.is_absolute() || path == "/" || !printable)
        return util::fail(ErrorCode::usage, fmt::format("--prefix '{}' is not an absolute path", path),
                          "for example --prefix /opt/slurm");
    return path;
}

Result<deploy::Targets> find_targets(const Session& session, const HostOptions& options)
{
    SF_TRY(auto prefix, check_prefix(options.prefix));
    SF_TRY(auto hosts, find_hosts(options, session.stop));
    if (!hosts.empty() && !util::find_program(options.ssh))
        return util::fail(ErrorCode::failure, fmt::format("the program '{}' is not installed", options.ssh),
                          "install OpenSSH's client, or name it with --ssh");
    deploy::Transport transport{options.ssh, options.ssh_options, session.site.network.connect_timeout,
                                std::chrono::seconds(std::max(options.timeout_seconds, 1U))};
    return deploy::Targets{std::move(hosts), std::move(prefix), std::move(transport), options.fanout, options.retries};
}

Result<std::string> check_version(const std::string& text)
{
    if (!deploy::Release::parse(text))
        return util::fail(ErrorCode::usage, fmt::format("'{}' is not a Slurm version", text), "for example 24.11.5");
    return text;
}

Result<deploy::Activation> find_activation(const ActivationOptions& options)
{
    deploy::Activation activation;
    SF_TRY(activation.roles, deploy::parse_roles(options.roles));
    for (const auto& text : options.installed) {
        const auto equals = std::min(text.find('='), text.size());
        SF_TRY(const auto roles, deploy::parse_roles(text.substr(0, equals)));
        SF_TRY(const auto version, check_version(text.substr(std::min(equals + 1, text.size()))));
        for (const auto role : roles.value_or(std::vector(deploy::all_roles.begin(), deploy::all_roles.end())))
            activation.stated.roles[role].push_back(version);
    }
    if (options.cluster_version) {
        SF_TRY(activation.stated.others, check_version(*options.cluster_version));
    }
    activation.force = options.force;
    activation.dry_run = options.dry_run;
    return activation;
}

/// A wrong signature is never taken, a missing one where the site allows it.
util::Status check_signature(const Session& session, const std::filesystem::path& bundle, std::string_view contents)
{
    SF_TRY(const auto signer, find_signer_of(session, bundle, contents));
    if (signer.empty() && session.site.deploy.only_signed)
        return util::fail(
            ErrorCode::verify, fmt::format("{} is not signed", bundle.string()),
            "sign it with 'slurm-factory bundle --sign' and the same options where it was built, or allow it "
            "with deploy: {only-signed: false}");
    return {};
}

} // namespace

Result<DeployReport> deploy_bundle(const Session& session, const std::filesystem::path& bundle,
                                   const HostOptions& hosts, const ActivationOptions& activation,
                                   const deploy::DeployOptions& options)
{
    SF_TRY(const auto targets, find_targets(session, hosts));
    SF_TRY(const auto links, find_activation(activation));
    SF_TRY(auto contents, deploy::open_bundle(bundle));
    SF_CHECK(check_signature(session, bundle, contents.text()));
    SF_TRY(const auto archive, deploy::read_archive(bundle, std::move(contents)));
    SF_TRY(auto report, deploy::deploy(archive, targets, links, options, session.events, session.stop));
    return DeployReport{archive.id(), archive.file.text().size(), options.delta ? archive.undivided : "",
                        std::move(report)};
}

Result<deploy::DeploymentReport> roll_back(const Session& session, const HostOptions& hosts,
                                           const ActivationOptions& activation)
{
    SF_TRY(const auto targets, find_targets(session, hosts));
    SF_TRY(const auto links, find_activation(activation));
    return deploy::roll_back(targets, links, session.events, session.stop);
}

Result<std::vector<deploy::HostStatus>> deployed_status(const Session& session, const HostOptions& hosts)
{
    SF_TRY(const auto targets, find_targets(session, hosts));
    return deploy::read_status(targets, session.events, session.stop);
}

Result<deploy::Manifests> deployed_manifests(const Session& session, const HostOptions& hosts)
{
    SF_TRY(const auto targets, find_targets(session, hosts));
    return deploy::read_manifests(targets, session.events, session.stop);
}

} // namespace sf::app
