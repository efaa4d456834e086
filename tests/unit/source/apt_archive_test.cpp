#include "source/apt_archive.hpp"

#include "fixture.hpp"
#include "source/attempt.hpp"
#include "util/process/process.hpp"

#include <gmock/gmock.h>

namespace sf::source::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A Debian archive of one's own, in a directory, used through the real apt.
class AptArchiveTest : public SourceTest {
protected:
    void SetUp() override
    {
        if (!util::find_program("apt-get"))
            GTEST_SKIP() << "no apt on this host";
        write_file(settings().os_release, "VERSION_CODENAME=bookworm\n");
        write_file(settings().etc_apt / "sources.list.d/debian.sources",
                   fmt::format("Types: deb\nURIs: copy:{}\nSuites: bookworm\nComponents: main\nTrusted: yes\n",
                               archive().string()));
    }

    [[nodiscard]] std::filesystem::path archive() const { return root() / "debian"; }
    [[nodiscard]] std::filesystem::path etc_apt() const { return root() / "etc"; }

    [[nodiscard]] AptSettings settings() const
    {
        return AptSettings{.directory = site_.root / "cache/apt",
                           .etc_apt = etc_apt(),
                           .os_release = root() / "os-release",
                           .network = site_.network};
    }

    /// One source package in that suite, with its files in the pool.
    void publish(const std::string& suite, const std::string& version, const std::string& file,
                 const std::string& bytes)
    {
        const auto dsc = "tool_" + version + ".dsc";
        write_file(archive() / "pool/main/t/tool" / file, bytes);
        write_file(archive() / "pool/main/t/tool" / dsc, "dsc");
        const auto lines = [&](const std::string& sum_of_dsc, const std::string& sum_of_file) {
            return fmt::format(" {} 3 {}\n {} {} {}\n", sum_of_dsc, dsc, sum_of_file, bytes.size(), file);
        };
        const auto sources =
            "Package: tool\nBinary: tool\nVersion: " + version + "\nArchitecture: any\nFormat: 3.0 (quilt)\nFiles:\n" +
            lines(std::string(32, '0'), std::string(32, '1')) + "Checksums-Sha256:\n" +
            lines(util::sha256("dsc").to_hex(), util::sha256(bytes).to_hex()) + "Directory: pool/main/t/tool\n\n";
        write_file(archive() / "dists" / suite / "main/source/Sources", sources);
        write_file(archive() / "dists" / suite / "Release",
                   fmt::format("Origin: Test\nSuite: {0}\nCodename: {0}\nComponents: main\n"
                               "Date: Sat, 01 Jan 2028 00:00:00 UTC\nSHA256:\n {1} {2} main/source/Sources\n",
                               suite, util::sha256(sources).to_hex(), sources.size()));
    }

    static recipe::AptSource tool(const std::string& version, const std::string& file)
    {
        return recipe::AptSource{.package = "tool", .version = version, .file = file};
    }

    std::string bytes_ = sample_bytes(5000);
    util::Digest sum_ = util::sha256(bytes_);
};

TEST_F(AptArchiveTest, FindsAndDownloadsAFile)
{
    publish("trixie", "1:2.0-3", "tool_2.0.orig.tar.gz", bytes_);
    AptArchive apt(settings());
    const auto found = apt.locate(tool("1:2.0", "tool_2.0.orig.tar.gz"), sum_, never_);
    ASSERT_TRUE(found) << to_string(found.error());
    EXPECT_EQ(found->version, "1:2.0-3");
    EXPECT_EQ(found->suite, "trixie");
    EXPECT_EQ(found->size, bytes_.size());

    const auto to = root() / "got";
    const auto done = apt.download(*found, sum_, to, never_);
    ASSERT_TRUE(done) << to_string(done.error());
    EXPECT_EQ(read_file(to), bytes_);
    EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(to)));
    EXPECT_FALSE(std::filesystem::exists(settings().directory / "bookworm/lists")); // was not needed
}

TEST_F(AptArchiveTest, GoesOnToFurtherSuitesOnDemand)
{
    publish("trixie", "2.0-3", "tool_2.0.orig.tar.gz", "other");
    publish("bookworm", "1.0-1", "tool_1.0.orig.tar.gz", bytes_);
    AptArchive apt(settings());
    const auto found = apt.locate(tool("1.0", "tool_1.0.orig.tar.gz"), sum_, never_);
    ASSERT_TRUE(found) << to_string(found.error());
    EXPECT_EQ(found->suite, "bookworm");
    EXPECT_FALSE(std::filesystem::exists(settings().directory / "sid/lists"));
}

TEST_F(AptArchiveTest, WantsVersionNameAndSum)
{
    publish("trixie", "2.0-3", "tool_2.0.orig.tar.gz", bytes_);
    AptArchive apt(settings());
    EXPECT_FALSE(apt.locate(tool("2.1", "tool_2.0.orig.tar.gz"), sum_, never_));
    EXPECT_FALSE(apt.locate(tool("2.0", "tool_2.0.orig.tar.xz"), sum_, never_));
    const auto found = apt.locate(tool("2.0", "tool_2.0.orig.tar.gz"), util::sha256("else"), never_);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, util::ErrorCode::source);
    EXPECT_THAT(found.error().message, AllOf(HasSubstr("tool 2.0"), HasSubstr("which have 2.0-3"),
                                             HasSubstr("update of sid failed"))); // this archive has no sid
}

TEST_F(AptArchiveTest, PatchesAreOfOneRevision)
{
    publish("trixie", "2.0-4", "tool_2.0-4.debian.tar.xz", bytes_);
    AptArchive apt(settings());
    auto wanted = tool("2.0-4", "tool_2.0-4.debian.tar.xz");
    EXPECT_FALSE(apt.locate(wanted, sum_, never_)) << "it is no upstream version";
    wanted.exact = true;
    const auto found = apt.locate(wanted, sum_, never_);
    ASSERT_TRUE(found) << to_string(found.error());
    EXPECT_EQ(found->version, "2.0-4");

    auto vanished = tool("2.0-3", "tool_2.0-3.debian.tar.xz");
    vanished.exact = true;
    const auto gone = apt.locate(vanished, sum_, never_);
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().message, AllOf(HasSubstr("tool 2.0-3 with that checksum is not in the lists of trixie"),
                                            HasSubstr("which have 2.0-4")));
    EXPECT_THAT(gone.error().hint, HasSubstr("replaces a revision by the next one"));
}

TEST_F(AptArchiveTest, TheSecuritySuiteMayHaveWhatTheOtherHasNoMore)
{
    const auto security = root() / "debian-security";
    publish("trixie-security", "2.0-4", "tool_2.0-4.debian.tar.xz", bytes_);
    std::filesystem::rename(archive(), security);
    publish("trixie", "2.0-4", "tool_2.0-4.debian.tar.xz", bytes_);
    std::filesystem::remove(archive() / "pool/main/t/tool/tool_2.0-4.debian.tar.xz");
    for (const auto* suffix : {"", "-security"})
        write_file(etc_apt() / "sources.list.d" / fmt::format("debian{}.sources", suffix),
                   fmt::format("Types: deb\nURIs: copy:{}{}\nSuites: bookworm{}\nComponents: main\nTrusted: yes\n",
                               archive().string(), suffix, suffix));
    auto wanted = tool("2.0-4", "tool_2.0-4.debian.tar.xz");
    wanted.exact = true;
    AptArchive apt(settings());
    const auto found = apt.locate(wanted, sum_, never_);
    ASSERT_TRUE(found) << to_string(found.error());
    EXPECT_EQ(found->uris.size(), 2U);
    const auto done = apt.download(*found, sum_, root() / "got", never_);
    ASSERT_TRUE(done) << to_string(done.error());
    EXPECT_EQ(read_file(root() / "got"), bytes_);
}

TEST_F(AptArchiveTest, TakesWhatNoListNamesAnyMoreFromThePool)
{
    publish("trixie", "1.0-1", "tool_1.0.orig.tar.gz", bytes_);
    publish("trixie", "2.0-1", "tool_2.0.orig.tar.gz", "other");
    const auto source = recipe::Source{.from = tool("1.0", "tool_1.0.orig.tar.gz"), .sha256 = sum_, .where = {}};
    const Place place{.source = &source, .url = {}, .local = {}};
    RecordingSink events;
    const SourceCache cache(root() / "sources");
    std::filesystem::create_directories(cache.partial_path(sum_).parent_path());
    AptArchive apt(settings());
    const auto attempt = [&] {
        return Attempt(site_.network, events, cache, "tool", place, never_).download_from(apt);
    };
    const auto fetched = attempt();
    ASSERT_TRUE(fetched) << to_string(fetched.error());
    EXPECT_EQ(read_file(fetched->path), bytes_);

    std::filesystem::remove(archive() / "pool/main/t/tool/tool_1.0.orig.tar.gz");
    const auto gone = attempt();
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().message,
                AllOf(HasSubstr("tool 1.0 with that checksum is not in the lists of trixie"),
                      HasSubstr("which have 2.0-1"), HasSubstr("from the pool apt cannot download it: ")));

    write_file(archive() / "pool/main/t/tool/tool_1.0.orig.tar.gz", "altered");
    EXPECT_FALSE(attempt());
}

TEST_F(AptArchiveTest, KeepsListsUntilTheyAreOld)
{
    publish("trixie", "2.0-3", "tool_2.0.orig.tar.gz", "first");
    ASSERT_TRUE(AptArchive(settings()).locate(tool("2.0", "tool_2.0.orig.tar.gz"), util::sha256("first"), never_));
    publish("trixie", "2.1-1", "tool_2.1.orig.tar.gz", bytes_);
    EXPECT_FALSE(AptArchive(settings()).locate(tool("2.1", "tool_2.1.orig.tar.gz"), sum_, never_));
    auto impatient = settings();
    impatient.list_age = std::chrono::seconds(0);
    const auto found = AptArchive(impatient).locate(tool("2.1", "tool_2.1.orig.tar.gz"), sum_, never_);
    EXPECT_TRUE(found) << to_string(found.error());
}

TEST_F(AptArchiveTest, AsksAgainWhenTheHostsMirrorChanged)
{
    publish("trixie", "2.0-3", "tool_2.0.orig.tar.gz", bytes_);
    ASSERT_TRUE(AptArchive(settings()).locate(tool("2.0", "tool_2.0.orig.tar.gz"), sum_, never_));
    const auto moved = root() / "elsewhere/debian";
    std::filesystem::create_directories(moved.parent_path());
    std::filesystem::rename(archive(), moved);
    write_file(
        etc_apt() / "sources.list.d/debian.sources",
        fmt::format("Types: deb\nURIs: copy:{}\nSuites: bookworm\nComponents: main\nTrusted: yes\n", moved.string()));
    AptArchive apt(settings());
    const auto found = apt.locate(tool("2.0", "tool_2.0.orig.tar.gz"), sum_, never_);
    ASSERT_TRUE(found) << to_string(found.error());
    EXPECT_THAT(found->uris.front(), HasSubstr("elsewhere"));
    EXPECT_TRUE(apt.download(*found, sum_, root() / "got", never_));
}

TEST_F(AptArchiveTest, RenewsAListOnce)
{
    publish("trixie", "2.0-3", "tool_2.0.orig.tar.gz", bytes_);
    ASSERT_TRUE(AptArchive(settings()).locate(tool("2.0", "tool_2.0.orig.tar.gz"), sum_, never_));
    AptArchive apt(settings());
    const auto found = apt.locate(tool("2.0", "tool_2.0.orig.tar.gz"), sum_, never_);
    ASSERT_TRUE(found);
    std::filesystem::remove(archive() / "pool/main/t/tool/tool_2.0.orig.tar.gz");
    const auto gone = apt.download(*found, sum_, root() / "got", never_);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, util::ErrorCode::source);
    EXPECT_TRUE(apt.renew(*found, never_).value());
    EXPECT_FALSE(apt.renew(*found, never_).value());
}

TEST_F(AptArchiveTest, DoesNotRunTheHostsHooks)
{
    publish("trixie", "2.0-3", "tool_2.0.orig.tar.gz", bytes_);
    const auto hook = root() / "hook-ran";
    write_file(root() / "hook.conf",
               fmt::format("APT::Update::Post-Invoke {{\"touch {}\";}};\nAPT::Update::Pre-Invoke {{\"touch {}\";}};\n",
                           hook.string(), hook.string()));
    ::setenv("APT_CONFIG", (root() / "hook.conf").c_str(), 1);
    AptArchive apt(settings());
    EXPECT_TRUE(apt.locate(tool("2.0", "tool_2.0.orig.tar.gz"), sum_, never_));
    ::unsetenv("APT_CONFIG");
    EXPECT_FALSE(std::filesystem::exists(hook));
}

TEST_F(AptArchiveTest, SaysWhenTheHostHasNoDebian)
{
    std::filesystem::remove_all(etc_apt());
    const auto found = AptArchive(settings()).locate(tool("2.0", "x"), sum_, never_);
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message, HasSubstr("no entry for Debian bookworm main"));
    EXPECT_FALSE(std::filesystem::exists(settings().directory));
}

TEST_F(AptArchiveTest, StopsBeforeItStarts)
{
    const auto stopper = util::StopSource::make().value();
    stopper.request_stop();
    const auto found = AptArchive(settings()).locate(tool("2.0", "x"), sum_, stopper.token());
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, util::ErrorCode::interrupted);
}

} // namespace
} // namespace sf::source::testing
