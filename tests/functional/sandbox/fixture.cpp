#include "fixture.hpp"

#include "identity/identity.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace sf::sandbox::test {
namespace {

namespace stdfs = std::filesystem;

/// Full paths of the shared libraries that a program loads, its loader included.
util::Result<std::vector<std::string>> libraries_of(const stdfs::path& program)
{
    util::Command command;
    command.argv = {"ldd", program.string()};
    SF_TRY(const auto output, util::run_checked(command));
    std::vector<std::string> libraries;
    for (const auto& line : util::split(output, '\n')) {
        const auto start = line.find('/');
        const auto end = line.find(" (");
        if (start != std::string::npos && end != std::string::npos && start < end)
            libraries.push_back(line.substr(start, end - start));
    }
    return libraries;
}

util::Status copy_in(const stdfs::path& root, const stdfs::path& file)
{
    const auto target = root / file.relative_path();
    SF_CHECK(util::make_directories(target.parent_path()));
    std::error_code error;
    stdfs::copy_file(stdfs::canonical(file), target, stdfs::copy_options::skip_existing, error);
    if (error)
        return util::fail_errno(error.value(), "cannot copy " + file.string());
    return {};
}

Kind oci_kind(const std::string& runtime)
{
    return {runtime, "oci (" + runtime, true,
            [runtime] { return util::find_program(runtime) ? std::string() : runtime + " is not installed"; },
            [runtime](const stdfs::path& scratch) { return make_oci_backend(runtime, scratch); }};
}

Kind host_kind()
{
    return {"host", "host (no isolation", false, [] { return std::string(); }, make_host_backend};
}

/// With the daemon that tests/support/lxd.sh starts: tests make and remove what they like there.
Kind lxd_kind()
{
    auto socket = [] {
        const char* path = std::getenv("SF_TEST_LXD_SOCKET"); // NOLINT(concurrency-mt-unsafe)
        return path != nullptr ? std::string(path) : std::string();
    };
    return {"lxd", "lxd (", true,
            [socket] { return socket().empty() ? "SF_TEST_LXD_SOCKET names no LXD daemon" : std::string(); },
            [socket](const stdfs::path& scratch) { return make_lxd_backend(socket(), scratch); }};
}

} // namespace

const Kind& kind_of(const std::string& name)
{
    static const std::vector<Kind> all = {oci_kind("crun"), oci_kind("runc"), lxd_kind(), host_kind()};
    const auto found = std::find_if(all.begin(), all.end(), [&name](const Kind& kind) { return kind.name == name; });
    return found != all.end() ? *found : all.front();
}

util::Status make_tiny_rootfs(const stdfs::path& root)
{
    std::set<std::string> libraries;
    for (const auto* name :
         {"sh",    "cat",  "chmod", "dd",   "id",   "ls",      "make",  "mkdir", "mv",   "readlink", "rm",    "setsid",
          "sleep", "stat", "touch", "tail", "head", "unshare", "mount", "ps",    "date", "true",     "ionice"}) {
        const auto program = util::find_program(name);
        if (!program)
            return util::fail(util::ErrorCode::failure, std::string(name) + " is not installed");
        const auto target = root / "bin" / name;
        SF_CHECK(util::make_directories(target.parent_path()));
        stdfs::copy_file(stdfs::canonical(*program), target);
        SF_TRY(const auto needed, libraries_of(*program));
        libraries.insert(needed.begin(), needed.end());
    }
    for (const auto& library : libraries)
        SF_CHECK(copy_in(root, library));
    for (const auto* name : {"etc", "proc", "dev", "usr/lib"})
        SF_CHECK(util::make_directories(root / name));
    stdfs::create_symlink("usr/lib", root / "alias");
    ::chmod(root.c_str(), 0755);
    return {};
}

std::vector<std::string> processes_with(const std::string& text)
{
    std::vector<std::string> found;
    for (const auto& entry : stdfs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos)
            continue;
        const auto line = util::read_file(entry.path() / "cmdline");
        if (line && line->find(text) != std::string::npos)
            found.push_back(name);
    }
    return found;
}

std::unique_ptr<util::TempDir> SandboxTest::image_;

void SandboxTest::SetUpTestSuite()
{
    if (::geteuid() != 0)
        return;
    auto directory = util::TempDir::make(stdfs::temp_directory_path(), "sandbox-image");
    ASSERT_TRUE(directory) << util::to_string(directory.error());
    image_ = std::make_unique<util::TempDir>(std::move(*directory));
    const auto made = make_tiny_rootfs(rootfs());
    ASSERT_TRUE(made) << util::to_string(made.error());
}

void SandboxTest::TearDownTestSuite()
{
    image_.reset();
}

stdfs::path SandboxTest::rootfs()
{
    return image_->path() / "rootfs";
}

void SandboxTest::SetUp()
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "sandboxes need root";
    if (const auto missing = kind().missing(); !missing.empty())
        GTEST_SKIP() << missing;
    auto directory = util::TempDir::make(stdfs::temp_directory_path(), "sandbox-test");
    ASSERT_TRUE(directory) << util::to_string(directory.error());
    files_ = std::make_unique<util::TempDir>(std::move(*directory));
    auto file = util::open_file(files() / "log", O_RDWR | O_CREAT | O_APPEND);
    ASSERT_TRUE(file);
    log_ = std::move(*file);
    auto made = kind().make(scratch());
    ASSERT_TRUE(made) << util::to_string(made.error());
    backend_ = std::move(*made);
}

Job SandboxTest::shell(const std::string& script)
{
    Job job;
    job.name = "test";
    job.rootfs = rootfs();
    job.argv = {"/bin/sh", "-c", script};
    job.environment = {{"PATH", "/bin"}};
    job.log_fd = log_.get();
    return job;
}

Outcome SandboxTest::run(const Job& job)
{
    auto outcome = backend().run(job, util::StopToken());
    EXPECT_TRUE(outcome) << util::to_string(outcome.error());
    return outcome ? *outcome : Outcome{-1, false, 0, 0, 0};
}

std::string SandboxTest::output_of(const Job& job)
{
    EXPECT_EQ(run(job).exit_code, 0) << log();
    return log();
}

std::string SandboxTest::log() const
{
    return util::read_file(files() / "log").value_or("no log");
}

stdfs::path SandboxTest::builder_directory(const std::string& name)
{
    auto path = files() / name;
    EXPECT_TRUE(util::make_directories(path));
    EXPECT_EQ(::chown(path.c_str(), identity::builder(), identity::builder()), 0);
    return path;
}

INSTANTIATE_TEST_SUITE_P(Runtimes, SandboxTest, ::testing::Values("crun", "runc", "lxd", "host"),
                         [](const auto& each) { return each.param; });

} // namespace sf::sandbox::test
