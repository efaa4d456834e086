#include "sandbox/lxd/lxd_project.hpp"

#include "sandbox/init_protocol.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/files/lock_wait.hpp"
#include "util/files/sha256.hpp"
#include "util/process/process.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

constexpr const char* project_name = "slurm-factory";
constexpr const char* profile_name = "slurm-factory";
constexpr const char* snapshot_name = "ready";
constexpr const char* rootfs_key = "user.slurm-factory.rootfs";
constexpr const char* source_key = "slurm-factory.source"; ///< of images
constexpr std::string_view run_prefix = "run-";
constexpr std::string_view base_prefix = "base-";

/// null where there is none. Answers may have other types than LXD's: value() throws for what is no object.
lxd::Json member_at(const lxd::Json& object, const char* name)
{
    const auto at = object.is_object() ? object.find(name) : object.end();
    return at != object.end() ? *at : lxd::Json();
}

std::string text_at(const lxd::Json& object, const char* name)
{
    const auto at = object.is_object() ? object.find(name) : object.end();
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// One tool at a time makes a base: of all tools of this machine, whatever their directories.
util::Result<util::FileLock> lock_bases(const util::StopToken& stop)
{
    return util::wait_for_lock("/run/lock/slurm-factory-lxd", stop);
}

util::Status write_metadata(const stdfs::path& file, const stdfs::path& rootfs)
{
    const lxd::Json metadata = {{"architecture", "x86_64"},
                                {"creation_date", 1},
                                {"properties", {{"description", "slurm-factory " + rootfs.string()}}}};
    SF_TRY(const auto fd, util::open_file(file, O_WRONLY | O_CREAT | O_EXCL));
    return util::write_all(fd.get(), metadata.dump() + "\n"); // JSON is YAML
}

/// The directory whose name is the image's sha256, if the path has one.
std::optional<std::string> digest_in(const stdfs::path& path)
{
    for (const auto& part : path)
        if (const auto digest = util::Digest::parse(part.string()))
            return digest->to_short();
    return std::nullopt;
}

/// Whether the tool that runs a job in this container is dead. Its directory, which the container is given, says so.
util::Result<bool> is_left_over(const lxd::Json& instance)
{
    const auto devices = member_at(instance, "devices");
    const stdfs::path directory = text_at(member_at(devices, in_lxd::control_device), "source");
    // Without the place where all tools of one root have theirs, this may be a container whose tool sees other files,
    // which somebody has to judge by its age. A running one ends with its tool.
    if (!directory.empty() && util::path_exists(directory.parent_path().parent_path())) {
        SF_TRY(const bool alive, util::is_alive(util::life_sign_of(directory)));
        return !alive;
    }
    constexpr std::time_t seconds_of_day = 86400;
    const auto day_ago = std::time(nullptr) - seconds_of_day;
    return text_at(instance, "status") == "Stopped" &&
           text_at(instance, "created_at") < fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(day_ago));
}

} // namespace

std::optional<LxdPool> choose_pool(const lxd::Json& pools)
{
    if (!pools.is_array())
        return std::nullopt;
    std::optional<LxdPool> first;
    for (const auto& pool : pools) {
        LxdPool one{text_at(pool, "name"), text_at(pool, "driver")};
        if (one.name.empty())
            continue;
        if (one.driver == "btrfs" || one.driver == "zfs")
            return one;
        if (!first)
            first = std::move(one);
    }
    return first;
}

lxd::Json lxd_profile(const LxdPool& pool, bool apparmor)
{
    std::string raw = fmt::format("lxc.init.cmd = {}\n", in_lxd::init_path);
    if (apparmor) // the init mounts overlays, which LXD's profile forbids; the command has no rights to mount
        raw += "lxc.apparmor.profile = unconfined\n";
    return {{"description", "containers of slurm-factory's builds"},
            {"config",
             {{"boot.autostart", "false"},
              {"security.privileged", "true"},
              {"security.devlxd", "false"},
              {"limits.processes", "65536"},
              {"limits.memory.swap", "true"}, // counted with memory, not added to it
              {"raw.lxc", raw}}},
            {"devices", {{"root", {{"type", "disk"}, {"path", "/"}, {"pool", pool.name}}}}}};
}

util::Result<std::string> lxd_base_name(const stdfs::path& rootfs)
{
    std::error_code error;
    const auto path = stdfs::canonical(rootfs, error);
    struct stat st = {};
    if (error || ::stat(path.c_str(), &st) != 0)
        return util::fail(ErrorCode::sandbox, fmt::format("the image {} does not exist", rootfs.string()),
                          "let the base image be made again");
    if (const auto digest = digest_in(path))
        return std::string(base_prefix) + *digest;
    const auto identity =
        fmt::format("{} {} {} {}.{}", path.string(), st.st_dev, st.st_ino, st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
    return std::string(base_prefix) + util::sha256(identity).to_short();
}

LxdProject::LxdProject(stdfs::path socket) : client_(std::move(socket), project_name) {}

std::string LxdProject::description() const
{
    const std::lock_guard lock(mutex_);
    return description_;
}

util::Status LxdProject::prepare(const util::StopToken& stop)
{
    SF_TRY(const auto server, client_.get("/1.0", stop));
    if (text_at(server, "auth") != "trusted")
        return util::fail(ErrorCode::sandbox, "the LXD daemon does not trust this user",
                          "run as root, or use the daemon's unix socket");
    SF_TRY(const auto pools, client_.get("/1.0/storage-pools?recursion=1&project=default", stop));
    const auto pool = choose_pool(pools);
    if (!pool)
        return util::fail(ErrorCode::sandbox, "the LXD daemon has no storage pool",
                          "'lxd init --minimal' or 'lxc storage create default btrfs' makes one");
    SF_TRY(const auto project, client_.find(fmt::format("/1.0/projects/{}", project_name), stop));
    if (!project)
        SF_CHECK(client_.post(
            "/1.0/projects",
            {{"name", project_name},
             {"description", "builds of slurm-factory"},
             {"config",
              {{"features.images", "true"}, {"features.profiles", "true"}, {"features.storage.volumes", "true"}}}},
            stop));
    const auto environment = member_at(server, "environment");
    const auto kernel = util::read_file("/sys/module/apparmor/parameters/enabled").value_or("N");
    auto profile = lxd_profile(*pool, kernel.starts_with("Y"));
    const auto path = fmt::format("/1.0/profiles/{}", profile_name);
    SF_TRY(const auto present, client_.find(path, stop));
    if (!present) {
        profile["name"] = profile_name;
        SF_CHECK(client_.post("/1.0/profiles", profile, stop));
    } else if (member_at(*present, "config") != profile["config"] ||
               member_at(*present, "devices") != profile["devices"]) {
        SF_CHECK(client_.put(path, profile, stop));
    }
    const std::lock_guard lock(mutex_);
    description_ =
        fmt::format("{} {}, {}", text_at(environment, "server"), text_at(environment, "server_version"), pool->driver);
    return {};
}

util::Result<std::string> LxdProject::import_image(const stdfs::path& rootfs, const stdfs::path& scratch,
                                                   const util::StopToken& stop) const
{
    SF_TRY(const auto directory, util::ScratchDir::make(scratch, "lxd-image"));
    SF_CHECK(write_metadata(directory.path() / "metadata.yaml", rootfs));
    const auto archive = directory.path() / "image.tar";
    util::Command tar;
    tar.argv = {"tar",
                "--create",
                "--file=" + archive.string(),
                "--numeric-owner",
                "--xattrs",
                "--xattrs-include=*",
                "--sparse",
                "--directory=" + directory.path().string(),
                "metadata.yaml",
                "--directory=" + util::absolute_path(rootfs).string(),
                "--transform=s,^\\.,rootfs,rSh",
                "."};
    tar.stop = stop;
    SF_CHECK(util::run_checked(tar));
    // Left by a tool that was killed between this and the base; the daemon refuses to have the same image twice.
    SF_TRY(const auto fingerprint, util::sha256_file(archive));
    SF_TRY(const auto present, client_.find("/1.0/images/" + fingerprint.to_hex(), stop));
    if (!present)
        SF_CHECK(client_.upload("/1.0/images", archive, stop));
    return fingerprint.to_hex();
}

util::Status LxdProject::make_base(const std::string& name, const stdfs::path& rootfs, const stdfs::path& scratch,
                                   const util::StopToken& stop) const
{
    SF_CHECK(remove_instance(name, stop)); // without its snapshot it is half made
    SF_TRY(const auto fingerprint, import_image(rootfs, scratch, stop));
    SF_CHECK(client_.post("/1.0/instances",
                          {{"name", name},
                           {"profiles", {profile_name}},
                           {"config", {{rootfs_key, util::absolute_path(rootfs).string()}}},
                           {"source", {{"type", "image"}, {"fingerprint", fingerprint}}}},
                          stop));
    // The base is what is kept.
    SF_CHECK(client_.remove("/1.0/images/" + fingerprint, stop));
    SF_CHECK(client_.post(fmt::format("/1.0/instances/{}/snapshots", name), {{"name", snapshot_name}}, stop));
    return {};
}

util::Result<std::string> LxdProject::base_of(const stdfs::path& rootfs, const stdfs::path& scratch,
                                              const util::StopToken& stop)
{
    SF_TRY(const auto name, lxd_base_name(rootfs));
    auto source = fmt::format("{}/{}", name, snapshot_name);
    {
        const std::lock_guard lock(mutex_);
        if (bases_.contains(name))
            return source;
    }
    SF_TRY(const auto lock, lock_bases(stop));
    SF_TRY(const auto present, client_.find(fmt::format("/1.0/instances/{}/snapshots/{}", name, snapshot_name), stop));
    if (!present)
        if (auto made = make_base(name, rootfs, scratch, stop); !made)
            return util::fail(std::move(made).error(), fmt::format("making LXD's base of {}", rootfs.string()));
    const std::lock_guard known(mutex_);
    bases_.insert(name);
    return source;
}

util::Result<std::string> LxdProject::image_of(const std::string& source, const util::StopToken& stop) const
{
    const auto slash = source.find('/');
    const auto path = fmt::format("/1.0/instances/{}/snapshots/{}", source.substr(0, slash), source.substr(slash + 1));
    SF_TRY(const auto snapshot, client_.get(path, stop));
    // A base that was made anew has its old name.
    const auto made_of = fmt::format("{} {}", source, text_at(snapshot, "created_at"));
    SF_TRY(const auto images, client_.get("/1.0/images?recursion=1", stop));
    for (const auto& image : images)
        if (text_at(member_at(image, "properties"), source_key) == made_of)
            return text_at(image, "fingerprint");
    SF_TRY(const auto made, client_.post("/1.0/images",
                                         {{"source", {{"type", "snapshot"}, {"name", source}}},
                                          {"properties", {{"description", "slurm-factory"}, {source_key, made_of}}}},
                                         stop));
    auto fingerprint = text_at(member_at(made, "metadata"), "fingerprint");
    if (fingerprint.empty())
        return util::fail(ErrorCode::sandbox, "the LXD daemon does not say what image it has made");
    return fingerprint;
}

util::Result<std::string> LxdProject::publish(const std::string& source, const std::string& alias,
                                              const util::StopToken& stop) const
{
    SF_TRY(const auto lock, lock_bases(stop));
    SF_TRY(auto fingerprint, image_of(source, stop));
    SF_CHECK(client_.remove("/1.0/images/aliases/" + alias, stop));
    SF_CHECK(client_.post("/1.0/images/aliases", {{"name", alias}, {"target", fingerprint}}, stop));
    return fingerprint;
}

util::Status LxdProject::remove_instance(const std::string& name, const util::StopToken& stop) const
{
    const auto path = "/1.0/instances/" + name;
    SF_TRY(const auto instance, client_.find(path, stop));
    if (!instance)
        return {};
    // An ephemeral one goes when it has stopped: each of these may find that there is nothing to do any more.
    if (text_at(*instance, "status") != "Stopped")
        static_cast<void>(client_.put(path + "/state", {{"action", "stop"}, {"force", true}, {"timeout", -1}}, stop));
    constexpr int attempts = 100;
    constexpr std::chrono::milliseconds moment{50};
    util::Status removed;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        removed = client_.remove(path, stop);
        SF_TRY(const auto present, client_.find(path, stop));
        if (!present)
            return {};
        SF_CHECK(util::pause(moment, stop)); // another operation is at work on it
    }
    return removed;
}

util::Status LxdProject::remove_leftovers(const util::StopToken& stop) const
{
    SF_TRY(const auto instances, client_.get("/1.0/instances?recursion=1", stop));
    for (const auto& instance : instances) {
        const auto name = text_at(instance, "name");
        if (name.starts_with(run_prefix)) {
            SF_TRY(const bool stale, is_left_over(instance));
            if (stale)
                SF_CHECK(remove_instance(name, stop));
        }
        const auto rootfs = text_at(member_at(instance, "config"), rootfs_key);
        if (name.starts_with(base_prefix) && !rootfs.empty() && !util::path_exists(rootfs))
            SF_CHECK(remove_instance(name, stop));
    }
    return {};
}

util::Status LxdProject::remove_images(const util::StopToken& stop) const
{
    SF_TRY(const auto images, client_.get("/1.0/images?recursion=1", stop));
    for (const auto& image : images)
        SF_CHECK(client_.remove("/1.0/images/" + text_at(image, "fingerprint"), stop));
    return {};
}

util::Status LxdProject::remove_all(const util::StopToken& stop) const
{
    const auto path = fmt::format("/1.0/projects/{}", project_name);
    SF_TRY(const auto project, client_.find(path, stop));
    if (!project)
        return {};
    SF_TRY(const auto instances, client_.get("/1.0/instances?recursion=1", stop));
    for (const auto& instance : instances)
        SF_CHECK(remove_instance(text_at(instance, "name"), stop));
    SF_CHECK(remove_images(stop));
    SF_CHECK(client_.remove(fmt::format("/1.0/profiles/{}", profile_name), stop));
    return client_.remove(path, stop);
}

} // namespace sf::sandbox
