#include "identity/identity.hpp"
#include "lxd/socket.hpp"
#include "sandbox/cgroup.hpp"
#include "sandbox/lxd/lxd.hpp"
#include "sandbox/lxd/lxd_channel.hpp"
#include "sandbox/lxd/lxd_instance.hpp"
#include "sandbox/lxd/lxd_project.hpp"
#include "sandbox/mounts.hpp"
#include "sandbox/preparation.hpp"
#include "sandbox/probe.hpp"
#include "sandbox/sandbox_init.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// Removing what a run made must not be given up because the run was.
const util::StopToken& never()
{
    static const util::StopToken token;
    return token;
}

/// LXD's containers run with the ids of the real root.
util::Status check_rights()
{
    SF_CHECK(check_root());
    if (identity::in_user_namespace())
        return util::fail(ErrorCode::sandbox,
                          "the LXD backend does not work without root: files of builds belong to an id "
                          "that LXD's containers would not know",
                          "run as root or with sudo, or use the OCI backend");
    return {};
}

/// The container of one run. When this goes, so does the container.
class Container {
public:
    Container(const LxdProject& project, std::string name, LxdChannel channel) :
        project_(project), name_(std::move(name)), channel_(std::move(channel))
    {
    }
    ~Container()
    {
        // Its init ends with the connection; LXD notices, and removes what is ephemeral.
        channel_.end();
        if (!made_)
            return;
        constexpr int attempts = 250;
        constexpr std::chrono::milliseconds moment{20};
        for (int attempt = 0; started_ && attempt < attempts; ++attempt) {
            const auto there = project_.client().find("/1.0/instances/" + name_, never());
            if (there && !*there)
                return;
            static_cast<void>(util::pause(moment, never()));
        }
        static_cast<void>(project_.remove_instance(name_, never()));
    }
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    [[nodiscard]] LxdChannel& channel() { return channel_; }

    [[nodiscard]] util::Status start(const Job& job, const std::string& base, const lxd::Json& devices,
                                     const util::StopToken& stop)
    {
        const auto& client = project_.client();
        made_ = true; // whatever comes of it
        SF_CHECK(client.post("/1.0/instances", lxd_instance(job, name_, base, devices), stop));
        SF_CHECK(client.put("/1.0/instances/" + name_ + "/state", {{"action", "start"}, {"timeout", -1}}, stop));
        started_ = true;
        return channel_.accept(stop);
    }

private:
    const LxdProject& project_;
    std::string name_;
    LxdChannel channel_;
    bool made_ = false;
    bool started_ = false;
};

class LxdBackend final : public Backend {
public:
    LxdBackend(const stdfs::path& socket, stdfs::path scratch) : project_(socket), scratch_(std::move(scratch)) {}

    [[nodiscard]] util::Status prepare()
    {
        SF_CHECK(project_.prepare(never()));
        SF_CHECK(project_.remove_leftovers(never())); // their directories tell whose they are
        return util::sweep_scratch(scratch_);
    }
    [[nodiscard]] std::string name() const override { return fmt::format("lxd ({})", project_.description()); }
    [[nodiscard]] util::Status probe(const stdfs::path& rootfs) override
    {
        return probe_isolation(*this, rootfs, scratch_);
    }
    [[nodiscard]] util::Result<Outcome> run(const Job& job, const util::StopToken& stop) override;

private:
    LxdProject project_;
    stdfs::path scratch_;
};

util::Status write_file(const stdfs::path& path, std::string_view bytes, mode_t mode)
{
    SF_TRY(const auto file, util::open_file(path, O_WRONLY | O_CREAT | O_EXCL, mode));
    return util::write_all(file.get(), bytes);
}

util::Result<Outcome> LxdBackend::run(const Job& job, const util::StopToken& stop)
{
    SF_CHECK(stop.check());
    SF_CHECK(check_job(job));
    SF_TRY(const auto base, project_.base_of(job.rootfs, scratch_, stop));
    SF_TRY(const auto directory, util::ScratchDir::make(scratch_, safe_name(job.name)));
    const auto name = "run-" + directory.path().extension().string().substr(1);

    SF_CHECK(write_file(directory.path() / "init", sandbox_init(), 0755));
    LxdDisks disks;
    for (const auto& overlay : job.overlays)
        SF_CHECK(forget_former_mount(overlay));
    InitTask task{job.name, {}, job.log_fd, {}, job.inherited_fds, job.network};
    SF_TRY(task.plan, lxd_plan(job, disks));
    auto devices = disks.devices();
    devices[in_lxd::control_device] = {{"type", "disk"},
                                       {"source", directory.path().string()},
                                       {"path", in_lxd::control_directory},
                                       {"readonly", "true"}};
    SF_TRY(auto channel, LxdChannel::make(directory.path()));
    const LogOwner log_owner(job.log_fd);
    if (job.log_fd >= 0) // the command may open its own standard output again
        static_cast<void>(!::fchown(job.log_fd, identity::builder(), identity::builder()));

    Container container(project_, name, std::move(channel));
    if (auto started = container.start(job, base, devices, stop); !started)
        return util::fail(std::move(started).error(), fmt::format("starting the container of '{}'", job.name));
    const auto groups =
        usage_groups(mounted_hierarchies(),
                     util::read_file(fmt::format("/proc/{}/cgroup", container.channel().init_pid())).value_or(""));
    const auto start = std::chrono::steady_clock::now();
    auto& connection = container.channel().connection();
    SF_CHECK(connection.begin(task, stop));
    SF_TRY(const auto report, connection.follow(stop));
    Outcome outcome;
    outcome.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    read_usage(groups, outcome);
    if (report && report->said == Said::no_program)
        return tl::unexpected(no_program(job, report->text.data()));
    if (report && report->said != Said::ended)
        return tl::unexpected(
            report_error(job.name, *report, "docs/sandbox.md says what the sandbox needs from the host"));
    constexpr int killed = 137; // the init is gone without a word: somebody stopped the container
    outcome.exit_code = report ? report->value : killed;
    outcome.left_processes = report && report->left_processes != 0;
    return outcome;
}

/// A project at a daemon that answers.
util::Result<std::unique_ptr<LxdProject>> open_project(const stdfs::path& socket)
{
    SF_TRY(const auto found, lxd::find_socket(socket));
    return std::make_unique<LxdProject>(found);
}

} // namespace

util::Result<std::unique_ptr<Backend>> make_lxd_backend(const stdfs::path& socket, const stdfs::path& scratch)
{
    SF_CHECK(check_rights());
    SF_TRY(const auto found, lxd::find_socket(socket));
    SF_CHECK(util::make_directories(scratch));
    auto backend = std::make_unique<LxdBackend>(found, util::absolute_path(scratch));
    SF_CHECK(backend->prepare());
    return std::unique_ptr<Backend>(std::move(backend));
}

util::Status clean_lxd(const stdfs::path& socket, LxdRemains what, const util::StopToken& stop)
{
    SF_TRY(const auto project, open_project(socket));
    if (what == LxdRemains::everything)
        return project->remove_all(stop);
    SF_TRY(const auto present, project->client().find("/1.0/projects/" + project->client().project(), stop));
    return present ? project->remove_leftovers(stop) : util::Status();
}

util::Result<std::string> publish_lxd_base(const stdfs::path& socket, const stdfs::path& rootfs,
                                           const stdfs::path& scratch, const std::string& alias,
                                           const util::StopToken& stop)
{
    SF_CHECK(check_rights());
    SF_TRY(const auto project, open_project(socket));
    SF_CHECK(util::make_directories(scratch));
    SF_CHECK(project->prepare(stop));
    SF_TRY(const auto source, project->base_of(rootfs, util::absolute_path(scratch), stop));
    return project->publish(source, alias, stop);
}

} // namespace sf::sandbox
