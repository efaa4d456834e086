#include "source/http.hpp"

#include "fixture.hpp"

#include <gmock/gmock.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <thread>

namespace sf::source::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HttpTest : public SourceTest {
protected:
    HttpTest() { write_file(served() / "a b.tar", bytes_); }

    tl::expected<HttpDone, HttpFailure> get(const std::string& path)
    {
        return download_http(server().url(path), file_, options_, never_, {});
    }

    std::string bytes_ = sample_bytes(300'000);
    std::filesystem::path file_ = root() / "partial";
    HttpOptions options_{.timing = {.connect_timeout = 2s, .stall_timeout = 1s},
                         .retry = {.retries = 0, .first_pause = 10ms}};
};

TEST_F(HttpTest, DownloadsAFile)
{
    std::uint64_t last_done = 0;
    std::uint64_t last_total = 0;
    const auto done = download_http(server().url("/ok/a%20b.tar"), file_, options_, never_,
                                    [&](std::uint64_t bytes, std::uint64_t total) {
                                        EXPECT_GE(bytes, last_done);
                                        last_done = bytes;
                                        last_total = total;
                                    });
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_FALSE(done->resumed);
    EXPECT_EQ(read_file(file_), bytes_);
    EXPECT_EQ(last_done, bytes_.size());
    EXPECT_EQ(last_total, bytes_.size());
}

TEST_F(HttpTest, AsksOnlyForTheRest)
{
    write_file(file_, bytes_.substr(0, 200'000));
    const auto done = get("/ok/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_TRUE(done->resumed);
    EXPECT_EQ(read_file(file_), bytes_);
    const auto requests = server().requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].range, "bytes=200000-");
    EXPECT_EQ(requests[0].status, 206);
    EXPECT_EQ(requests[0].bytes, 100'000U);
}

TEST_F(HttpTest, CopesWithAServerThatIgnoresRange)
{
    write_file(file_, "other bytes");
    const auto done = get("/norange/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_FALSE(done->resumed);
    EXPECT_EQ(read_file(file_), bytes_);
}

TEST_F(HttpTest, CopesWithAnUnknownLength)
{
    write_file(file_, bytes_.substr(0, 10));
    const auto done = get("/nolength/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_EQ(read_file(file_), bytes_);
}

TEST_F(HttpTest, GivesUpOnAServerThatCrawls)
{
    const auto begin = std::chrono::steady_clock::now();
    const auto done = get("/slow/1/a%20b.tar"); // ten bytes a second, which is no stall
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().error.message, HasSubstr("the transfer is slower than 1"));
    EXPECT_TRUE(done.error().transient);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s); // it takes one; the whole file takes eight hours
    EXPECT_TRUE(get("/slow/60000/a%20b.tar"));
}

TEST_F(HttpTest, EndsWhatDoesNotEnd)
{
    options_.retry.retries = 3;
    options_.largest = 2'000'000;
    for (const auto* path : {"/endless/a%20b.tar", "/huge/a%20b.tar"}) {
        const auto done = get(path);
        ASSERT_FALSE(done) << path;
        EXPECT_EQ(done.error().error.message, "the file is larger than 1.9 MiB") << path;
        EXPECT_FALSE(std::filesystem::exists(file_)) << path << ": nothing of it is the file that was wanted";
    }
    options_.largest = bytes_.size();
    EXPECT_TRUE(get("/ok/a%20b.tar"));
    EXPECT_TRUE(get("/nolength/a%20b.tar"));
    EXPECT_EQ(server().requests().size(), 4U) << "none was tried again";
}

TEST_F(HttpTest, LeavesACompleteFileAlone)
{
    write_file(file_, bytes_);
    const auto done = get("/ok/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_TRUE(done->resumed);
    EXPECT_EQ(read_file(file_), bytes_);
    EXPECT_EQ(server().requests().at(0).status, 416);
}

TEST_F(HttpTest, DoesNotAppendAnotherRange)
{
    options_.retry.retries = 1;
    write_file(file_, bytes_.substr(0, 1000));
    const auto done = get("/wrongrange/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_EQ(read_file(file_), bytes_);
    EXPECT_EQ(server().requests().size(), 2U);
}

TEST_F(HttpTest, ContinuesADroppedConnection)
{
    options_.retry.retries = 3;
    const auto done = get("/drop/100000/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_EQ(read_file(file_), bytes_);
    const auto requests = server().requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[2].range, "bytes=200000-");
    EXPECT_EQ(requests[0].bytes + requests[1].bytes + requests[2].bytes, bytes_.size());
}

TEST_F(HttpTest, GivesUpAfterItsRetriesAndKeepsThePart)
{
    options_.retry.retries = 1;
    const auto done = get("/drop/100000/a%20b.tar");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().error.code, util::ErrorCode::source);
    EXPECT_NE(done.error().error.message.find("tried 2 times"), std::string::npos) << done.error().error.message;
    EXPECT_FALSE(done.error().unreachable);
    EXPECT_EQ(read_file(file_), bytes_.substr(0, 200'000));
}

TEST_F(HttpTest, RetriesWhatMayPass)
{
    options_.retry.retries = 2;
    const auto done = get("/flaky/2/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_EQ(read_file(file_), bytes_);
    EXPECT_EQ(server().requests().size(), 3U);
}

TEST_F(HttpTest, DoesNotRetryWhatWillNot)
{
    options_.retry.retries = 5;
    const auto done = get("/ok/missing.tar");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().error.message, "HTTP status 404");
    EXPECT_FALSE(done.error().unreachable);
    EXPECT_EQ(server().requests().size(), 1U);
}

TEST_F(HttpTest, NoticesAStall)
{
    const auto done = get("/stall/1000/a%20b.tar");
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().error.message.find("stalled for 1 s"), std::string::npos) << done.error().error.message;
    EXPECT_TRUE(done.error().transient);
    EXPECT_FALSE(done.error().unreachable);
}

TEST_F(HttpTest, NoticesSilence)
{
    const auto done = get("/silent/a%20b.tar");
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().error.message.find("stalled for 1 s"), std::string::npos) << done.error().error.message;
}

TEST_F(HttpTest, KnowsARefusedConnection)
{
    // Port 1 of the loopback: nobody listens there.
    const auto done = download_http("http://127.0.0.1:1/a", file_, options_, never_, {});
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().unreachable);
    EXPECT_EQ(done.error().error.code, util::ErrorCode::source);
}

TEST_F(HttpTest, FollowsARedirectButNotToAFile)
{
    const auto done = get("/redirect/a%20b.tar");
    ASSERT_TRUE(done) << done.error().error.message;
    EXPECT_EQ(read_file(file_), bytes_);
    std::filesystem::remove(file_);
    EXPECT_FALSE(get("/redirect-to-file"));
    EXPECT_EQ(read_file(file_), "");
}

TEST_F(HttpTest, ChecksTheSpaceBeforeTheFirstByte)
{
    options_.largest = std::numeric_limits<std::uint64_t>::max();
    options_.retry.retries = 5;
    const auto done = get("/huge/a%20b.tar");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().error.code, util::ErrorCode::no_space);
    EXPECT_FALSE(std::filesystem::exists(file_));
    EXPECT_EQ(server().requests().size(), 1U);
}

/// Runs in a process of its own, so that the small file system is seen by nobody else. 77: not allowed here.
int download_onto_small_disk(const std::filesystem::path& disk, const std::string& url, const HttpOptions& options)
{
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", disk.c_str(), "tmpfs", 0, "size=64k") != 0)
        return 77;
    const auto done = download_http(url, disk / "file", options, {}, {});
    if (done || done.error().error.code != util::ErrorCode::no_space)
        return 1;
    return std::filesystem::exists(disk / "file") ? 2 : 0;
}

TEST_F(HttpTest, RemovesThePartWhenSpaceRunsOut)
{
    const auto url = server().url("/nolength/a%20b.tar");
    std::filesystem::create_directories(root() / "disk");
    const auto child = ::fork();
    if (child == 0)
        ::_exit(download_onto_small_disk(root() / "disk", url, options_));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "mounting is not allowed here";
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(HttpTest, StopsAtOnce)
{
    for (const std::string path : {"/stall/1000/a%20b.tar", "/silent/a%20b.tar", "/status/503/a"}) {
        const auto stopper = util::StopSource::make().value();
        std::thread later([&] {
            std::this_thread::sleep_for(200ms);
            stopper.request_stop();
        });
        const auto begin = std::chrono::steady_clock::now();
        auto options = options_;
        options.timing.stall_timeout = 30s;
        options.retry.retries = 100;
        options.retry.first_pause = 30s;
        const auto done = download_http(server().url(path), file_, options, stopper.token(), {});
        later.join();
        ASSERT_FALSE(done) << path;
        EXPECT_EQ(done.error().error.code, util::ErrorCode::interrupted) << path;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s) << path;
    }
}

} // namespace
} // namespace sf::source::testing
