// What a job can see and do, and what it cannot.
#include "fixture.hpp"

#include "identity/identity.hpp"
#include "sandbox/init.hpp"
#include "util/files/fs.hpp"

#include <sys/stat.h>

#include <fstream>

namespace sf::sandbox::test {
namespace {

TEST_P(SandboxTest, ProbeFindsEveryPromiseKept)
{
    const auto probed = backend().probe(rootfs());
    EXPECT_TRUE(probed) << util::to_string(probed.error());
    EXPECT_TRUE(backend().name().starts_with(kind().full_name)) << backend().name();
}

TEST_P(SandboxTest, ProbeRefusesADirectoryThatIsNoImage)
{
    const auto probed = backend().probe(files());
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().code, util::ErrorCode::sandbox);
    EXPECT_NE(probed.error().message.find("no root file system"), std::string::npos);
}

TEST_P(SandboxTest, ExitCodesPass)
{
    EXPECT_EQ(run(shell("exit 0")).exit_code, 0);
    EXPECT_EQ(run(shell("exit 7")).exit_code, 7);
    EXPECT_EQ(run(shell("kill -KILL $$")).exit_code, 137);
    EXPECT_EQ(run(shell("kill -TERM $$")).exit_code, 143);
}

TEST_P(SandboxTest, RunsAsBuilderWithoutCapabilities)
{
    const auto output = output_of(shell("id -u; id -g; cat /proc/self/status; umask"));
    EXPECT_EQ(output.find(fmt::format("{0}\n{0}\n", identity::builder())), 0U) << output;
    EXPECT_NE(output.find("Groups:\t \n"), std::string::npos) << output;
    for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
        EXPECT_NE(output.find(std::string(set) + ":\t0000000000000000\n"), std::string::npos) << set;
    EXPECT_NE(output.find("NoNewPrivs:\t1"), std::string::npos);
    EXPECT_NE(output.find("0022\n"), std::string::npos);
    if (kind().isolates) {
        EXPECT_NE(output.find("Seccomp:\t2"), std::string::npos);
    }
}

TEST_P(SandboxTest, HasNoNetworkButLoopback)
{
    if (!kind().isolates)
        GTEST_SKIP() << "it isolates nothing";
    const auto output = output_of(shell("cat /proc/net/dev"));
    EXPECT_NE(output.find("lo:"), std::string::npos);
    EXPECT_EQ(std::count(output.begin(), output.end(), ':'), 1) << output;
}

TEST_P(SandboxTest, ImageIsReadOnlyAndTemporaryDirectoriesArePrivate)
{
    const auto output = output_of(shell("touch /x 2>&1 || true; touch /tmp/a /var/tmp/b /dev/shm/c && ls /tmp"));
    EXPECT_NE(output.find("touch: cannot touch '/x'"), std::string::npos) << output;
    EXPECT_NE(output.find("\na\n"), std::string::npos) << output;
    EXPECT_FALSE(util::path_exists(rootfs() / "tmp"));
}

TEST_P(SandboxTest, DangerousCallsAreRefused)
{
    if (!kind().isolates)
        GTEST_SKIP() << "it isolates nothing";
    const auto output = output_of(shell("unshare --user true 2>&1; unshare --net true 2>&1; "
                                        "mount -t tmpfs none /tmp 2>&1; echo end"));
    EXPECT_NE(output.find("unshare failed: Operation not permitted"), std::string::npos) << output;
    EXPECT_NE(output.find("end\n"), std::string::npos);
    EXPECT_NE(run(shell("echo 1 >/proc/sys/kernel/randomize_va_space")).exit_code, 0);
    EXPECT_NE(run(shell("echo b >/proc/sysrq-trigger")).exit_code, 0);
}

TEST_P(SandboxTest, SeesOnlyItsOwnProcesses)
{
    if (!kind().isolates)
        GTEST_SKIP() << "it isolates nothing";
    const auto output = output_of(shell("ls /proc"));
    EXPECT_EQ(output.find(std::to_string(::getpid())), std::string::npos) << output;
}

TEST_P(SandboxTest, EnvironmentIsExactlyWhatTheJobSays)
{
    auto job = shell("");
    job.argv = {"/bin/cat", "/proc/self/environ"};
    job.environment = {{"A", "1"}, {"B", "x y\nz"}};
    auto output = output_of(job);
    // A runtime may add HOME from /etc/passwd or as a default.
    if (const auto home = output.find("HOME=/"); home != std::string::npos)
        output.erase(home, std::string("HOME=/").size() + 1);
    EXPECT_EQ(output, std::string("A=1\0B=x y\nz\0", 12));
}

TEST_P(SandboxTest, BindsAreShownReadOnlyOrWritable)
{
    const auto writable = builder_directory("rw");
    const auto readonly = builder_directory("ro");
    std::ofstream(files() / "single") << "one file\n";
    auto job = shell("touch /new/deep/rw/made; touch /alias/ro/made 2>&1; cat /etc/single");
    job.binds = {{writable, "/new/deep/rw", true}, {readonly, "/alias/ro", false}, {files() / "single", "/etc/single"}};
    const auto output = output_of(job);
    EXPECT_TRUE(util::path_exists(writable / "made"));
    EXPECT_FALSE(util::path_exists(readonly / "made"));
    EXPECT_NE(output.find("Read-only file system"), std::string::npos) << output;
    EXPECT_NE(output.find("one file"), std::string::npos);
    EXPECT_FALSE(util::path_exists(rootfs() / "new")) << "the image was changed";
    EXPECT_FALSE(util::path_exists(rootfs() / "usr/lib/ro")) << "the image was changed";
}

TEST_P(SandboxTest, TmpfsBelongsToTheBuilderAndStartsEmpty)
{
    auto job = shell("stat -c %u:%a /build; ls /build; touch /build/x && mkdir /build/src/y");
    job.tmpfs = {"/build"};
    job.binds = {{builder_directory("src"), "/build/src", true}};
    job.directory = "/build";
    EXPECT_EQ(output_of(job), fmt::format("{}:755\nsrc\n", identity::builder()));
    EXPECT_TRUE(util::path_exists(files() / "src" / "y"));
}

TEST_P(SandboxTest, MissingProgramIsNamed)
{
    auto job = shell("");
    job.argv = {"no-such-compiler", "--version"};
    const auto outcome = backend().run(job, util::StopToken());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, util::ErrorCode::sandbox);
    EXPECT_NE(outcome.error().message.find("the program 'no-such-compiler' cannot be run"), std::string::npos)
        << util::to_string(outcome.error());
}

TEST_P(SandboxTest, MissingDirectoriesAreErrorsThatNameThem)
{
    auto job = shell("true");
    job.binds = {{files() / "nothing", "/mnt"}};
    auto outcome = backend().run(job, util::StopToken());
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("nothing"), std::string::npos);

    job = shell("true");
    job.overlays = {{"/opt", {files() / "no-layer"}, builder_directory("up"), builder_directory("work")}};
    outcome = backend().run(job, util::StopToken());
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("no-layer"), std::string::npos) << util::to_string(outcome.error());
}

TEST_P(SandboxTest, LogKeepsItsOwner)
{
    EXPECT_EQ(run(shell("true")).exit_code, 0);
    struct stat st = {};
    ASSERT_EQ(::stat((files() / "log").c_str(), &st), 0);
    EXPECT_EQ(st.st_uid, 0U);
}

TEST_P(SandboxTest, NothingIsLeftBehind)
{
    const auto mounts = util::read_file("/proc/self/mountinfo");
    EXPECT_EQ(run(shell("true")).exit_code, 0);
    EXPECT_TRUE(std::filesystem::is_empty(scratch()));
    EXPECT_EQ(util::read_file("/proc/self/mountinfo").value_or(""), mounts.value_or("?"));
    for (const auto& hierarchy : std::filesystem::directory_iterator("/sys/fs/cgroup")) {
        std::error_code ignored;
        for (const auto& group : std::filesystem::directory_iterator(hierarchy.path() / "slurm-factory", ignored))
            EXPECT_FALSE(group.path().filename().string().starts_with("test.")) << group.path();
    }
}

/// A runtime that starts nothing.
TEST(Init, SaysWhyThereIsNoProcessId)
{
    const auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-init");
    ASSERT_TRUE(directory);
    InitTask task;
    task.job = "test";
    task.plan.runtime = {"/bin/true"};
    auto& plan = task.plan;
    const auto because_of = [&task, &directory] {
        const auto ended = run_init(task, directory->path(), {});
        return ended ? std::string("it started") : ended.error().message;
    };
    plan.pid_file = directory->path() / "none";
    EXPECT_NE(because_of().find("process id of its command: No such file"), std::string::npos) << because_of();
    plan.pid_file = directory->path() / "empty";
    ASSERT_TRUE(util::write_file_atomic(plan.pid_file, ""));
    EXPECT_NE(because_of().find("process id of its command: Bad message"), std::string::npos) << because_of();
}

TEST(Init, SaysWhatItCannotMount)
{
    const auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-init");
    ASSERT_TRUE(directory);
    InitTask task;
    task.job = "test";
    task.plan.runtime = {"/bin/true"};
    task.plan.overlays = {{{directory->path() / "none"}, "", "", directory->path() / "target", "/inside"}};
    const auto ended = run_init(task, directory->path(), {});
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().message,
              fmt::format("the sandbox of 'test' cannot open {}/none, a layer of /inside: No such "
                          "file or directory",
                          directory->path().string()));
}

} // namespace
} // namespace sf::sandbox::test
