#include "sandbox/probe.hpp"

#include "identity/identity.hpp"
#include "sandbox/probe.sh.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <vector>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

constexpr int agreed_exit_code = 42;

/// One thing the shell looks at and what it must see; several lines of one name are joined by spaces.
struct Promise {
    const char* name;
    std::string expected;
    const char* broken;
    bool about_files = true; ///< and privileges
};

const std::vector<Promise>& promises()
{
    static const std::vector<Promise> all = {
        {"uid", std::to_string(identity::builder()), "commands do not run as the builder's user"},
        {"capabilities", "0000000000000000", "commands keep capabilities"},
        {"privileges", "1", "commands may gain privileges"},
        {"network", "lo", "commands see a network", false},
        {"image", "ro", "the image is writable"},
        {"readonly", "no", "a read-only directory is writable"},
        {"writable", "yes", "a writable directory is read-only"},
        {"overlay", "yes", "an overlay is read-only"},
        {"tmp", "yes", "/tmp is read-only"},
    };
    return all;
}

util::Status give_to_builder(const stdfs::path& directory)
{
    SF_CHECK(util::make_directories(directory));
    if (::chown(directory.c_str(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot give {} to the builder", directory.string()));
    return {};
}

util::Result<Job> probe_job(const stdfs::path& rootfs, const stdfs::path& files)
{
    for (const auto* name : {"readonly", "writable", "upper"})
        SF_CHECK(give_to_builder(files / name));
    for (const auto* name : {"lower", "work"})
        SF_CHECK(util::make_directories(files / name));
    Job job;
    job.name = "probe";
    job.rootfs = rootfs;
    const stdfs::path inside = "/slurm-factory";
    job.binds = {{files / "readonly", inside / "readonly", false}, {files / "writable", inside / "writable", true}};
    job.overlays = {{inside / "overlay", {files / "lower"}, files / "upper", files / "work"}};
    job.argv = {"/bin/sh", "-c", std::string(probe_sh())};
    job.environment = {{"PATH", "/usr/bin:/bin"}};
    constexpr unsigned few = 64;
    job.pids = few;
    return job;
}

} // namespace

util::Status judge_probe(std::string_view output, Isolation promised)
{
    std::map<std::string, std::string, std::less<>> seen;
    for (const auto& line : util::split(output, '\n')) {
        const auto space = line.find(' ');
        if (space == std::string::npos)
            continue;
        auto& value = seen[line.substr(0, space)];
        value += (value.empty() ? "" : " ") + line.substr(space + 1);
    }
    std::vector<std::string> broken;
    for (const auto& promise : promises()) {
        if (promised == Isolation::files && !promise.about_files)
            continue;
        if (const auto& value = seen[promise.name]; value != promise.expected)
            broken.push_back(fmt::format("{} ({}: {})", promise.broken, promise.name, value.empty() ? "?" : value));
    }
    if (!broken.empty())
        return util::fail(ErrorCode::sandbox,
                          fmt::format("the sandbox does not isolate on this host: {}", util::join(broken, "; ")),
                          "docs/sandbox.md says what it needs; try the other OCI runtime (crun or runc)");
    return {};
}

util::Status probe_isolation(Backend& backend, const stdfs::path& rootfs, const stdfs::path& scratch,
                             Isolation promised)
{
    if (const auto image = util::ForeignTree::open(rootfs); !image || !image->exists("bin/sh"))
        return util::fail(ErrorCode::sandbox,
                          fmt::format("{} is no root file system: it has no /bin/sh", rootfs.string()),
                          "remove the base image and let it be made again");
    SF_TRY(const auto files, util::ScratchDir::make(scratch, "probe-files"));
    SF_TRY(auto job, probe_job(rootfs, files.path()));
    const auto output = files.path() / "output";
    SF_TRY(const auto log, util::open_file(output, O_RDWR | O_CREAT | O_APPEND));
    job.log_fd = log.get();
    auto outcome = backend.run(job, util::StopToken());
    if (!outcome)
        return util::fail(std::move(outcome).error(), fmt::format("probing {}", backend.name()));
    constexpr std::uint64_t most_output = 65536;
    SF_TRY(const auto text, util::read_foreign_tail(output, most_output));
    if (outcome->exit_code != agreed_exit_code)
        return util::fail(ErrorCode::sandbox,
                          fmt::format("the probe of {} ended with exit code {} instead of {}:\n{}", backend.name(),
                                      outcome->exit_code, agreed_exit_code, text),
                          "docs/sandbox.md says what the sandbox needs from the host");
    return judge_probe(text, promised);
}

} // namespace sf::sandbox
