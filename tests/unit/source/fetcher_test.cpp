#include "source/fetcher.hpp"

#include "fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

namespace sf::source::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FetcherTest : public SourceTest {
protected:
    FetcherTest() { write_file(served() / "a-1.0.tar", bytes_); }

    [[nodiscard]] Wanted wanted(const std::vector<std::string>& urls) const
    {
        Wanted wanted{.package = "a@1.0", .alternatives = {}};
        for (const auto& url : urls)
            wanted.alternatives.push_back(url_source(url, sum_));
        return wanted;
    }
    Wanted wanted_at(const std::string& path) { return wanted({server().url(path)}); }

    util::Result<Fetched> fetch(const Wanted& what)
    {
        Fetcher fetcher(site_, events_);
        return fetcher.fetch(what, never_);
    }

    std::string bytes_ = sample_bytes(300'000);
    util::Digest sum_ = util::sha256(bytes_);
};

TEST_F(FetcherTest, DownloadsThenUsesTheCache)
{
    const auto first = fetch(wanted_at("/ok/a-1.0.tar"));
    ASSERT_TRUE(first) << to_string(first.error());
    EXPECT_EQ(first->path, site_.source_cache() / sum_.to_hex() / "a-1.0.tar");
    EXPECT_EQ(first->sha256, sum_);
    EXPECT_EQ(first->origin, server().url("/ok/a-1.0.tar"));
    EXPECT_EQ(read_file(first->path), bytes_);

    const auto second = fetch(wanted_at("/ok/a-1.0.tar"));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->origin, "cache");
    EXPECT_EQ(server().requests().size(), 1U);
    EXPECT_FALSE(std::filesystem::exists(cache().partial_path(sum_).string() + ".lock"));
}

TEST_F(FetcherTest, BringsTheArchivesOfPatchesToo)
{
    const auto patches = sample_bytes(700, 3);
    write_file(served() / "a.debian.tar.xz", patches);
    auto what = wanted_at("/ok/a-1.0.tar");
    what.patches = {{url_source(server().url("/ok/a.debian.tar.xz"), util::sha256(patches))}};
    ASSERT_TRUE(fetch(wanted_at("/ok/a-1.0.tar")));
    const auto fetched = fetch(what);
    ASSERT_TRUE(fetched) << to_string(fetched.error());
    ASSERT_EQ(fetched->patches.size(), 1U);
    EXPECT_EQ(read_file(fetched->patches[0].path), patches);
    EXPECT_EQ(fetched->sha256, sum_);
    EXPECT_EQ(fetched->origin, server().url("/ok/a.debian.tar.xz")) << "not all was in the cache";
    EXPECT_EQ(fetch(what)->origin, "cache");

    what.patches = {{url_source(server().url("/ok/none.tar.xz"), util::sha256("none"))}};
    const auto missing = fetch(what);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, util::ErrorCode::source);
    EXPECT_THAT(missing.error().message, HasSubstr("no source of patches of a@1.0 could be fetched"));
    const auto offline = Fetcher(site_, events_).check_offline({what});
    ASSERT_FALSE(offline);
    EXPECT_THAT(offline.error().message,
                AllOf(HasSubstr("1 source is missing"), HasSubstr("patches of a@1.0: none.tar.xz")));
}

TEST_F(FetcherTest, TakesAnyAlternativeFromTheCache)
{
    const auto other = sample_bytes(1000, 2);
    const auto other_sum = util::sha256(other);
    write_file(site_.source_cache() / other_sum.to_hex() / "b.tar", other);
    auto what = wanted_at("/ok/a-1.0.tar");
    what.alternatives.push_back(url_source("http://127.0.0.1:1/b.tar", other_sum));
    const auto fetched = fetch(what);
    ASSERT_TRUE(fetched);
    EXPECT_EQ(fetched->sha256, other_sum);
    EXPECT_TRUE(server().requests().empty());
}

TEST_F(FetcherTest, ReplacesACacheEntryThatWentBad)
{
    write_file(site_.source_cache() / sum_.to_hex() / "a-1.0.tar", "rotten");
    const auto fetched = fetch(wanted_at("/ok/a-1.0.tar"));
    ASSERT_TRUE(fetched);
    EXPECT_NE(fetched->origin, "cache");
    EXPECT_EQ(read_file(fetched->path), bytes_);
}

TEST_F(FetcherTest, UsesFileMirrorsInBothLayouts)
{
    const auto plain = root() / "mirror one";
    const auto by_sum = root() / "mirror two";
    write_file(plain / "a-1.0.tar", bytes_);
    write_file(by_sum / sum_.to_hex() / "a-1.0.tar", bytes_);
    const auto what = wanted({"http://127.0.0.1:1/a-1.0.tar"});
    const std::vector<std::string> mirrors = {plain.string(), plain.string() + "/",
                                              "file://" + (root() / "mirror%20one").string(), by_sum.string()};
    for (const auto& mirror : mirrors) {
        std::filesystem::remove_all(site_.source_cache());
        site_.network.mirrors = {mirror};
        const auto fetched = fetch(what);
        ASSERT_TRUE(fetched) << mirror << ": " << to_string(fetched.error());
        EXPECT_EQ(read_file(fetched->path), bytes_);
        EXPECT_THAT(fetched->origin, HasSubstr("a-1.0.tar"));
    }
    EXPECT_EQ(read_file(plain / "a-1.0.tar"), bytes_);
}

TEST_F(FetcherTest, PrefersMirrorsAndAsksThemBySumFirst)
{
    write_file(served() / sum_.to_hex() / "a+b.tar", bytes_);
    site_.network.mirrors = {server().url("/ok/empty"), server().url("/ok/")};
    const auto fetched = fetch(wanted({"http://127.0.0.1:1/a+b.tar"}));
    ASSERT_TRUE(fetched) << to_string(fetched.error());
    const auto requests = server().requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].path, "/ok/empty/" + sum_.to_hex() + "/a%2Bb.tar");
    EXPECT_EQ(requests[1].path, "/ok/empty/a%2Bb.tar");
    EXPECT_EQ(requests[2].path, "/ok/" + sum_.to_hex() + "/a%2Bb.tar");
}

TEST_F(FetcherTest, NamesBothSumsAndKeepsNothingOnAMismatch)
{
    const auto fetched = fetch(wanted_at("/wrong/a-1.0.tar"));
    ASSERT_FALSE(fetched);
    std::string flipped = bytes_;
    for (auto& byte : flipped)
        byte = static_cast<char>(~byte);
    EXPECT_EQ(fetched.error().code, util::ErrorCode::source);
    EXPECT_THAT(fetched.error().message,
                AllOf(HasSubstr("a@1.0"), HasSubstr("checksum mismatch"), HasSubstr(sum_.to_hex()),
                      HasSubstr(util::sha256(flipped).to_hex()), HasSubstr(server().url("/wrong/a-1.0.tar"))));
    EXPECT_THAT(fetched.error().hint, HasSubstr("a file differs from what the recipe knows"));
    EXPECT_TRUE(cached_files().empty());
}

TEST_F(FetcherTest, GoesOnAfterAMismatchAndWarns)
{
    const auto fetched = fetch(wanted({server().url("/wrong/a-1.0.tar"), server().url("/ok/a-1.0.tar")}));
    ASSERT_TRUE(fetched) << to_string(fetched.error());
    EXPECT_EQ(read_file(fetched->path), bytes_);
    const auto messages = events_.all<event::Message>();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].level, event::Message::Level::warning);
    EXPECT_THAT(messages[0].text, AllOf(HasSubstr("checksum mismatch"), HasSubstr("/wrong/a-1.0.tar")));
}

TEST_F(FetcherTest, DoesNotTakeAWrongFileFromAFileMirror)
{
    write_file(root() / "mirror" / "a-1.0.tar", "another file");
    site_.network.mirrors = {(root() / "mirror").string()};
    const auto fetched = fetch(wanted_at("/ok/a-1.0.tar"));
    ASSERT_TRUE(fetched);
    EXPECT_EQ(fetched->origin, server().url("/ok/a-1.0.tar"));
    EXPECT_EQ(cached_files(), std::vector<std::string>{"a-1.0.tar"});
}

TEST_F(FetcherTest, StartsAgainWhenTheBeginningWasAnotherFiles)
{
    write_file(cache().partial_path(sum_), sample_bytes(100'000, 7));
    const auto fetched = fetch(wanted_at("/ok/a-1.0.tar"));
    ASSERT_TRUE(fetched) << to_string(fetched.error());
    EXPECT_EQ(read_file(fetched->path), bytes_);
    const auto requests = server().requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[1].range, "-");
}

TEST_F(FetcherTest, ResumesAcrossCalls)
{
    ASSERT_FALSE(fetch(wanted_at("/drop/200000/a-1.0.tar")));
    const auto fetched = fetch(wanted_at("/ok/a-1.0.tar"));
    ASSERT_TRUE(fetched) << to_string(fetched.error());
    EXPECT_EQ(read_file(fetched->path), bytes_);
    const auto requests = server().requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[1].bytes, 100'000U);
}

TEST_F(FetcherTest, ListsEveryPlaceAndWhyItFailed)
{
    site_.network.mirrors = {(root() / "nowhere").string(), "http://me:secret@127.0.0.1:1/mirror"};
    auto what = wanted({server().url("/status/403/a-1.0.tar"), "ftp://example.org/a-1.0.tar"});
    what.alternatives.push_back(
        recipe::Source{.from = recipe::AptSource{.package = "a", .version = "1.0", .file = "a_1.0.orig.tar"},
                       .sha256 = sum_,
                       .where = {}});
    const auto fetched = fetch(what);
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, util::ErrorCode::source);
    EXPECT_THAT(fetched.error().message,
                AllOf(HasSubstr("nowhere/a-1.0.tar: no such file"), HasSubstr("http://***@127.0.0.1:1/mirror"),
                      HasSubstr("403/a-1.0.tar: HTTP status 403"), HasSubstr("ftp://example.org/a-1.0.tar: only http"),
                      HasSubstr("network.apt is off"), Not(HasSubstr("secret"))));
    EXPECT_THAT(fetched.error().hint, AllOf(HasSubstr("a-1.0.tar"), HasSubstr(sum_.to_hex())));
}

TEST_F(FetcherTest, AsksAnUnreachableHostOnlyOnce)
{
    site_.network.mirrors = {"http://127.0.0.1:1/mirror"};
    Fetcher fetcher(site_, events_);
    const auto what = wanted({"http://127.0.0.1:1/a-1.0.tar"});
    const auto fetched = fetcher.fetch(what, never_);
    ASSERT_FALSE(fetched);
    EXPECT_THAT(fetched.error().message, HasSubstr("http://127.0.0.1:1/a-1.0.tar: not tried, as the host"));
}

TEST_F(FetcherTest, SaysWhenARecipeHasNoSource)
{
    const auto fetched = fetch(Wanted{.package = "a@1.0", .alternatives = {}});
    ASSERT_FALSE(fetched);
    EXPECT_THAT(fetched.error().message, HasSubstr("its recipe names none"));
}

TEST_F(FetcherTest, PassesOverAPlaceWithTooLargeAFile)
{
    site_.network.retries = 3;
    const auto fetched = fetch(wanted({server().url("/huge/a-1.0.tar"), server().url("/ok/a-1.0.tar")}));
    ASSERT_TRUE(fetched) << to_string(fetched.error());
    EXPECT_EQ(fetched->origin, server().url("/ok/a-1.0.tar"));
    EXPECT_EQ(server().requests().size(), 2U) << "it would be as large again";
}

TEST_F(FetcherTest, ReportsAFullDiskWhenNoPlaceHasAFileThatFits)
{
    const auto mirror = root() / "mirror";
    write_file(mirror / "a-1.0.tar", "");
    std::filesystem::resize_file(mirror / "a-1.0.tar", util::free_space(mirror).value() + (1U << 30U)); // holes
    site_.network.mirrors = {mirror.string()};
    const auto full = fetch(wanted_at("/status/404/a-1.0.tar"));
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, util::ErrorCode::no_space);
    EXPECT_TRUE(cached_files().empty());
    EXPECT_TRUE(fetch(wanted_at("/ok/a-1.0.tar"))) << "one that does";
}

TEST_F(FetcherTest, FetchesOnceForThreadsThatWantTheSame)
{
    const auto what = wanted_at("/slow/60000/a-1.0.tar");
    Fetcher one(site_, events_);
    Fetcher two(site_, events_); // as another process would have it
    std::vector<std::thread> threads;
    std::vector<std::string> origins(4);
    for (std::size_t i = 0; i < origins.size(); ++i)
        threads.emplace_back([&, i] {
            auto fetched = (i % 2 == 0 ? one : two).fetch(what, never_);
            origins[i] = fetched ? fetched->origin : to_string(fetched.error());
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(server().requests().size(), 1U);
    EXPECT_EQ(std::count(origins.begin(), origins.end(), "cache"), 3);
    EXPECT_EQ(std::count(origins.begin(), origins.end(), what.alternatives[0].to_string()), 1);
}

TEST_F(FetcherTest, LimitsParallelDownloads)
{
    site_.network.parallel_downloads = 2;
    Fetcher fetcher(site_, events_);
    std::vector<std::thread> threads;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < 4; ++i) {
        const auto bytes = sample_bytes(4000, i + 10);
        const auto name = fmt::format("part{}.tar", i);
        write_file(served() / name, bytes);
        const Wanted what{.package = name,
                          .alternatives = {url_source(server().url("/slow/1000/" + name), util::sha256(bytes))}};
        threads.emplace_back([this, &fetcher, what] { EXPECT_TRUE(fetcher.fetch(what, never_)); });
    }
    for (auto& thread : threads)
        thread.join();
    // Each takes 0.3 s: two at a time take 0.6 s, all at once would take 0.3 s.
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 550ms);
}

TEST_F(FetcherTest, ReportsProgressButNotTooOften)
{
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(fetch(wanted_at("/slow/30000/a-1.0.tar"))); // about a second
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    const auto progress = events_.all<event::FetchProgress>();
    ASSERT_GE(progress.size(), 2U);
    EXPECT_LE(static_cast<double>(progress.size()), 5 * taken.count() + 2); // the first and the last come in any case
    EXPECT_EQ(progress.front().package, "a@1.0");
    EXPECT_EQ(progress.back().done_bytes, bytes_.size());
    EXPECT_EQ(progress.back().total_bytes, bytes_.size());
}

TEST_F(FetcherTest, StopsWithinASecondAndKeepsThePart)
{
    const auto stopper = util::StopSource::make().value();
    Fetcher fetcher(site_, events_);
    const auto what = wanted_at("/stall/200000/a-1.0.tar");
    std::thread later([&] {
        std::this_thread::sleep_for(300ms);
        stopper.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto fetched = fetcher.fetch(what, stopper.token());
    later.join();
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, util::ErrorCode::interrupted);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
    EXPECT_EQ(std::filesystem::file_size(cache().partial_path(sum_)), 200'000U);
}

TEST_F(FetcherTest, OfflineUsesFilesButNoServer)
{
    site_.network.offline = true;
    site_.network.use_apt = true;
    site_.network.mirrors = {server().url("/ok")};
    auto what = wanted_at("/ok/a-1.0.tar");
    what.alternatives.push_back(
        recipe::Source{.from = recipe::AptSource{.package = "a", .version = "1.0", .file = "a_1.0.orig.tar"},
                       .sha256 = sum_,
                       .where = {}});
    const auto refused = fetch(what);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("not tried: --offline"));

    write_file(root() / "mirror" / "a-1.0.tar", bytes_);
    site_.network.mirrors.push_back((root() / "mirror").string());
    EXPECT_TRUE(fetch(what));
    EXPECT_TRUE(server().requests().empty());
    EXPECT_FALSE(std::filesystem::exists(site_.root / "cache" / "apt"));
}

TEST_F(FetcherTest, OfflineNamesAllThatIsMissingAtOnce)
{
    site_.network.mirrors = {(root() / "mirror").string(), "http://127.0.0.1:1/mirror"};
    write_file(site_.source_cache() / sum_.to_hex() / "a-1.0.tar", bytes_);
    write_file(root() / "mirror" / "b.tar", "b");
    write_file(root() / "mirror" / "c.tar", "not c");
    const auto want = [](const std::string& name, const std::string& bytes) {
        return Wanted{.package = name + "@1",
                      .alternatives = {url_source("http://127.0.0.1:1/" + name + ".tar", util::sha256(bytes))}};
    };
    const auto file_url =
        Wanted{.package = "e@1",
               .alternatives = {url_source("file://" + (root() / "mirror/b.tar").string(), util::sha256("b"))}};
    Fetcher fetcher(site_, events_);
    EXPECT_TRUE(fetcher.check_offline({want("a", bytes_), want("b", "b"), file_url}));

    const auto missing = fetcher.check_offline({want("a", bytes_), want("b", "b"), want("c", "c"), want("d", "d")});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, util::ErrorCode::source);
    EXPECT_EQ(missing.error().message,
              fmt::format("2 sources are missing, and --offline forbids fetching:\n  c@1: c.tar (sha256 {})\n"
                          "  d@1: d.tar (sha256 {})",
                          util::sha256("c").to_hex(), util::sha256("d").to_hex()));
    EXPECT_TRUE(std::filesystem::exists(root() / "mirror" / "c.tar"));
}

} // namespace
} // namespace sf::source::testing
