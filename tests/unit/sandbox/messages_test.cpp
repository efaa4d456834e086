// What the sandbox says: the runtime's log, the probe's verdict, a host without the means.
#include "sandbox/probe.hpp"
#include "sandbox/runtime_log.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace sf::sandbox {
namespace {

using ::testing::HasSubstr;

TEST(RuntimeLog, OnlyErrorsCount)
{
    const auto errors = runtime_errors("{\"msg\":\"a warning\",\"level\":\"warning\"}\n"
                                       "{\"msg\":\"first\",\"level\":\"error\",\"time\":\"now\"}\n\n"
                                       "plain text\n{\"level\":\"error\",\"msg\":7}\n");
    EXPECT_EQ(errors, (std::vector<std::string>{"first", "plain text", ""}));
    EXPECT_TRUE(runtime_errors("").empty());
}

TEST(RuntimeLog, AMissingProgramIsNotTheRuntimesFault)
{
    Job job;
    job.name = "zlib";
    job.argv = {"gmake"};
    job.rootfs = "/images/x";
    for (const auto* text : {"executable file `gmake` not found in $PATH: No such file or directory",
                             "exec: \"gmake\": executable file not found in $PATH"}) {
        const auto error = start_failure(job, "crun", {text});
        EXPECT_EQ(error.code, util::ErrorCode::sandbox);
        EXPECT_THAT(error.message, HasSubstr("the program 'gmake' cannot be run in the image /images/x"));
    }
    const auto other = start_failure(job, "crun", {"mount proc: denied"});
    EXPECT_THAT(other.message, HasSubstr("crun could not start it: mount proc: denied"));
}

constexpr const char* good = "uid 65521\ncapabilities 0000000000000000\nprivileges 1\nnetwork lo\nimage ro\n"
                             "readonly no\nwritable yes\noverlay yes\ntmp yes\n";

TEST(Probe, AcceptsOnlyEveryPromiseKept)
{
    EXPECT_TRUE(judge_probe(good));
    const auto silent = judge_probe("");
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().code, util::ErrorCode::sandbox);
}

TEST(Probe, NamesWhatIsBroken)
{
    auto verdict = judge_probe(std::string(good) + "network eth0\n");
    ASSERT_FALSE(verdict);
    EXPECT_THAT(verdict.error().message, HasSubstr("commands see a network (network: lo eth0)"));
    verdict = judge_probe(std::string("image rw\n") + good);
    ASSERT_FALSE(verdict);
    EXPECT_THAT(verdict.error().message, HasSubstr("the image is writable"));
}

TEST(Backend, UnknownRuntimeIsAUsageError)
{
    const auto made = make_oci_backend("docker", "/nowhere");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, util::ErrorCode::usage);
}

TEST(Backend, WithoutRootItSaysSo)
{
    constexpr uid_t nobody = 65534;
    const auto scratch = util::TempDir::make(std::filesystem::temp_directory_path(), "backend-test");
    ASSERT_TRUE(scratch);
    const auto backend = make_host_backend(scratch->path());
    ASSERT_TRUE(backend) << util::to_string(backend.error());
    const bool root = ::geteuid() == 0;
    if (root) {
        ASSERT_EQ(::seteuid(nobody), 0);
    }
    const auto probed = (*backend)->probe("/");
    if (root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().code, util::ErrorCode::sandbox);
    EXPECT_THAT(probed.error().message, HasSubstr("which this user may not make"));
}

} // namespace
} // namespace sf::sandbox
