#include "app/images/backends.hpp"

#include "app/session/advice.hpp"
#include "sandbox/control_groups.hpp"
#include "sandbox/lxd/lxd.hpp"
#include "util/text.hpp"

#include <functional>
#include <utility>

namespace sf::app {
namespace {

using BackendResult = util::Result<std::unique_ptr<sandbox::Backend>>;

struct Candidate {
    std::string name;
    std::function<BackendResult()> make;
};

std::filesystem::path scratch_of(const site::Site& site)
{
    return site.work() / "sandbox";
}

/// In the order in which they are tried.
std::vector<Candidate> candidates(const site::Site& site, const std::string& wanted)
{
    std::vector<Candidate> all;
    const auto is_wanted = [&wanted](std::string_view name) { return wanted.empty() || wanted == name; };
    if (is_wanted("oci"))
        for (const std::string runtime : {"crun", "runc"})
            if (site.runtime.empty() || site.runtime == runtime)
                all.push_back({"oci (" + runtime + ")",
                               [&site, runtime] { return sandbox::make_oci_backend(runtime, scratch_of(site)); }});
    if (is_wanted("lxd"))
        all.push_back({"lxd", [&site] { return sandbox::make_lxd_backend({}, scratch_of(site)); }});
    if (is_wanted("host"))
        all.push_back({"host", [&site] { return sandbox::make_host_backend(scratch_of(site)); }});
    return all;
}

TriedBackend try_one(const Candidate& candidate, const std::filesystem::path& rootfs)
{
    TriedBackend tried{candidate.name, nullptr, std::nullopt};
    auto made = candidate.make();
    if (!made) {
        tried.fault = std::move(made).error();
        return tried;
    }
    tried.backend = std::move(*made);
    tried.name = tried.backend->name();
    if (auto probed = tried.backend->probe(rootfs); !probed)
        tried.fault = std::move(probed).error();
    return tried;
}

/// LXD's daemon refuses what it cannot limit; the others leave it without limit.
void warn_of_missing_limits(const Session& session)
{
    const auto limiting = sandbox::look_at_control_groups().limiting;
    std::vector<std::string> missing;
    for (const auto& [controller, what] : {std::pair("memory", "memory"), {"cpu", "processors"}, {"pids", "processes"}})
        if (!limiting.contains(controller))
            missing.emplace_back(what);
    if (!missing.empty())
        session.events.on_event(
            event::Message{event::Message::Level::warning,
                           fmt::format("builds have no limit on {}: this user has no control groups for it here",
                                       util::join(missing, ", "))});
}

tl::unexpected<util::Error> none_works(const std::vector<TriedBackend>& tried)
{
    if (tried.size() == 1)
        return tl::unexpected(*tried.front().fault);
    std::string message = "builds cannot be isolated on this host:";
    for (const auto& one : tried)
        message += fmt::format("\n    {}: {}", one.name, one.fault->message);
    auto hint = with_advice(*tried.front().fault).hint;
    if (hint.empty())
        hint = "'slurm-factory doctor' says more";
    return util::fail(tried.front().fault->code, message,
                      hint + "; '--backend host' builds without isolation, if the host allows that");
}

} // namespace

BackendResult choose_backend(const Session& session, const std::filesystem::path& rootfs)
{
    const auto& site = session.site;
    std::vector<TriedBackend> tried;
    for (const auto& candidate : candidates(site, site.backend)) {
        if (site.backend.empty() && candidate.name == "host")
            continue; // only where somebody says so
        tried.push_back(try_one(candidate, rootfs));
        auto& one = tried.back();
        if (one.fault)
            continue;
        if (tried.size() > 1)
            session.events.on_event(event::Message{
                event::Message::Level::info, fmt::format("builds run in {}, since {} does not work here: {}", one.name,
                                                         tried.front().name, tried.front().fault->message)});
        if (candidate.name == "host")
            session.events.on_event(
                event::Message{event::Message::Level::warning,
                               "builds are not isolated: they see this host's network, devices and processes"});
        if (candidate.name != "lxd")
            warn_of_missing_limits(session);
        return std::move(one.backend);
    }
    return none_works(tried);
}

std::vector<TriedBackend> try_backends(const site::Site& site, const std::filesystem::path& rootfs, Backends which)
{
    std::vector<TriedBackend> tried;
    for (const auto& candidate : candidates(site, {}))
        if (which == Backends::all || candidate.name != "lxd")
            tried.push_back(try_one(candidate, rootfs));
    return tried;
}

util::Result<std::string> publish_in_lxd(const Session& session, const std::filesystem::path& rootfs,
                                         const std::string& alias)
{
    SF_CHECK(sandbox::publish_lxd_base({}, rootfs, scratch_of(session.site), alias, session.stop));
    return "lxd:slurm-factory:" + alias;
}

} // namespace sf::app
