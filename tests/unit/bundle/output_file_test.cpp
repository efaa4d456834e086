#include "bundle/output_file.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace sf::bundle {
namespace {

namespace stdfs = std::filesystem;
using ::testing::UnorderedElementsAre;

class OutputFileTest : public ::testing::Test {
protected:
    void put_old() const
    {
        ASSERT_TRUE(util::write_file_atomic(file, "old"));
        ASSERT_TRUE(util::write_file_atomic(sums, util::sha256("old").to_hex() + "  b.tar.gz\n"));
        ASSERT_TRUE(util::write_file_atomic(signature, "of old"));
    }
    util::Result<Artifact> write_new() const
    {
        OutputFile output(file, {".minisig", ".asc"});
        SF_CHECK(output.open());
        SF_CHECK(output.append("new"));
        return output.commit(Kind::software);
    }
    static std::string text(const stdfs::path& path) { return util::read_file(path).value_or(""); }

    util::TempDir directory = util::TempDir::make(stdfs::temp_directory_path(), "sf-output").value();
    stdfs::path file = directory.path() / "b.tar.gz";
    stdfs::path sums = directory.path() / "b.tar.gz.sha256";
    stdfs::path signature = directory.path() / "b.tar.gz.minisig";
};

TEST_F(OutputFileTest, ReplacesAFileAndWhatSpeaksOfIt)
{
    put_old();
    const auto artifact = write_new();
    ASSERT_TRUE(artifact) << util::to_string(artifact.error());
    EXPECT_EQ(artifact->sha256, util::sha256("new"));
    EXPECT_EQ(text(file), "new");
    EXPECT_EQ(text(sums), util::sha256("new").to_hex() + "  b.tar.gz\n");
    std::vector<std::string> names;
    for (const auto& entry : stdfs::directory_iterator(directory.path()))
        names.push_back(entry.path().filename());
    EXPECT_THAT(names, UnorderedElementsAre("b.tar.gz", "b.tar.gz.sha256"));
}

bool may_trace()
{
    const auto child = ::fork();
    if (child == 0)
        ::_exit(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : 1);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && status == 0;
}

/// Lets the child go from one system call's beginning or end to the next, and kills it at the one with this number.
/// Whether it came so far.
bool killed_at(pid_t child, unsigned stop)
{
    int status = 0;
    for (unsigned number = 0; ::waitpid(child, &status, 0) == child && WIFSTOPPED(status); ++number) {
        if (number == stop) {
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            return true;
        }
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    }
    EXPECT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) != 0)
        ADD_FAILURE() << "the child failed with status " << WEXITSTATUS(status);
    return false;
}

TEST_F(OutputFileTest, KilledAtEachSystemCallLeavesNoFileWithAnothersSum)
{
    if (!may_trace())
        GTEST_SKIP() << "no process may trace another here";
    unsigned stop = 0;
    unsigned new_ones = 0;
    for (bool killed = true; killed; ++stop) {
        put_old();
        const auto child = ::fork();
        if (child == 0) {
            ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
            ::raise(SIGSTOP);
            ::_exit(write_new() ? 0 : 1);
        }
        ASSERT_GT(child, 0);
        killed = killed_at(child, stop);
        const auto bytes = text(file);
        EXPECT_TRUE(bytes == "old" || bytes == "new") << stop;
        const auto sum = text(sums);
        EXPECT_TRUE(sum.empty() || sum.starts_with(util::sha256(bytes).to_hex())) << stop << ": " << sum;
        EXPECT_TRUE(bytes == "old" || !util::path_exists(signature)) << stop;
        new_ones += bytes == "new" ? 1 : 0;
    }
    EXPECT_GT(stop, 20U);    // it was at least killed at all of the calls that there must be
    EXPECT_GT(new_ones, 1U); // also when the file was there already
}

} // namespace
} // namespace sf::bundle
