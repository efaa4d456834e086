#include "source/apt_config.hpp"

#include "fixture.hpp"

#include <gmock/gmock.h>

namespace sf::source::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(AptConfig, ReadsOneLineEntries)
{
    const auto entries = parse_one_line_sources("# deb http://commented.example/debian bookworm main\n"
                                                "deb http://a.example/debian bookworm main contrib # why\n"
                                                "\n"
                                                "deb-src [ arch=amd64 Signed-By=/k1.gpg,/k2.gpg trusted=yes ] "
                                                "https://b.example/debian/ sid main\n"
                                                "deb [arch=amd64 http://broken.example bookworm main\n"
                                                "deb http://too-short.example\n"
                                                "rpm http://c.example bookworm main\n");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_THAT(entries[0].uris, ElementsAre("http://a.example/debian"));
    EXPECT_THAT(entries[0].suites, ElementsAre("bookworm"));
    EXPECT_THAT(entries[0].components, ElementsAre("main", "contrib"));
    EXPECT_TRUE(entries[0].options.empty());
    EXPECT_THAT(entries[1].suites, ElementsAre("sid"));
    EXPECT_THAT(entries[1].options, ElementsAre(Pair("signed-by", "/k1.gpg /k2.gpg"), Pair("trusted", "yes")));
}

TEST(AptConfig, ReadsDeb822Stanzas)
{
    const auto entries = parse_deb822_sources("Types: deb deb-src\n"
                                              "# a remark within a stanza\n"
                                              "URIs: http://a.example/debian\n"
                                              " http://b.example/debian\n"
                                              "Suites: bookworm bookworm-updates\n"
                                              "components: main\n"
                                              "Signed-By:\n"
                                              " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                                              " .\n"
                                              " abc\n"
                                              "\n\n"
                                              "Enabled: no\nTypes: deb\nURIs: http://off.example\nSuites: bookworm\n"
                                              "Components: main\n"
                                              "\n"
                                              "Types: deb\nURIs: http://c.example\nSuites: x\nComponents: y");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_THAT(entries[0].uris, ElementsAre("http://a.example/debian", "http://b.example/debian"));
    EXPECT_THAT(entries[0].suites, ElementsAre("bookworm", "bookworm-updates"));
    EXPECT_THAT(entries[0].options,
                ElementsAre(Pair("signed-by", "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc")));
    EXPECT_THAT(entries[1].uris, ElementsAre("http://c.example"));
    EXPECT_TRUE(parse_deb822_sources("").empty());
    EXPECT_TRUE(parse_deb822_sources(" only a continuation\nno colon\n").empty());
}

AptEntry entry(const std::string& uri, const std::string& suite, const std::string& component = "main")
{
    return AptEntry{.uris = {uri}, .suites = {suite}, .components = {component}, .options = {}};
}

TEST(AptConfig, ChoosesDebianAmongThirdParties)
{
    const std::vector<AptEntry> entries = {
        entry("https://third.example/apt", "bookworm"),
        entry("https://download.example/linux/debian", "bookworm", "stable"),
        entry("https://browser.example/deb", "stable"),
        entry("https://nodes.example", "nodistro"),
        entry("http://deb.example/debian", "bookworm"),
        entry("http://deb.example/debian-security", "bookworm-security"),
    };
    const auto archive = choose_archive(entries, "bookworm");
    ASSERT_TRUE(archive) << to_string(archive.error());
    EXPECT_THAT(archive->main.uris, ElementsAre("http://deb.example/debian"));
    ASSERT_TRUE(archive->security);
    EXPECT_THAT(archive->security->uris, ElementsAre("http://deb.example/debian-security"));
}

TEST(AptConfig, TakesAMirrorOfAnyNameForTheHostsSuite)
{
    const auto archive = choose_archive({entry("http://intern.example/deb12", "bookworm")}, "bookworm");
    ASSERT_TRUE(archive);
    EXPECT_THAT(archive->main.uris, ElementsAre("http://intern.example/deb12"));
    EXPECT_FALSE(archive->security);
}

TEST(AptConfig, KnowsSuitesByClassAndSnapshots)
{
    EXPECT_TRUE(choose_archive({entry("http://deb.example/debian/", "testing")}, "trixie"));
    EXPECT_TRUE(choose_archive({entry("http://snapshot.example/archive/debian/20250520T000000Z", "stable")}, ""));
    EXPECT_TRUE(choose_archive({entry("mirror+file:///etc/apt/mirrors/debian.list", "stable")}, "bookworm"));
}

TEST(AptConfig, RefusesAHostWithoutDebian)
{
    const auto archive = choose_archive({entry("https://browser.example/deb", "stable")}, "bookworm");
    ASSERT_FALSE(archive);
    EXPECT_EQ(archive.error().code, util::ErrorCode::source);
    EXPECT_THAT(archive.error().message, HasSubstr("no entry for Debian bookworm main"));
    EXPECT_FALSE(choose_archive({}, ""));
}

TEST(AptConfig, WritesSourceEntriesOnly)
{
    auto main = entry("http://deb.example/debian", "bookworm");
    main.options = {{"signed-by", "\n -----BEGIN\n ."}};
    const HostArchive archive{.main = main,
                              .security = entry("http://deb.example/debian-security", "bookworm-security")};
    EXPECT_EQ(private_sources(archive, "trixie"), "Types: deb-src\n"
                                                  "URIs: http://deb.example/debian\n"
                                                  "Suites: trixie\n"
                                                  "Components: main\n"
                                                  "signed-by: \n -----BEGIN\n .\n"
                                                  "\n"
                                                  "Types: deb-src\n"
                                                  "URIs: http://deb.example/debian-security\n"
                                                  "Suites: trixie-security\n"
                                                  "Components: main\n"
                                                  "\n");
    EXPECT_EQ(private_sources(archive, "sid").find("security"), std::string::npos);
}

using AptHostTest = SourceTest;

TEST(AptConfig, KnowsWhereThePoolKeepsAFile)
{
    HostArchive archive{{{"http://one.example/debian", "mirror+file:/list", "https://two.example/d/"}, {}, {}, {}}, {}};
    EXPECT_THAT(pool_urls(archive, "munge", "munge_1.tar.gz"),
                ElementsAre("http://one.example/debian/pool/main/m/munge/munge_1.tar.gz",
                            "https://two.example/d/pool/main/m/munge/munge_1.tar.gz"));
    archive.main.uris = {"http://one.example/debian"};
    archive.security = AptEntry{{"http://one.example/debian-security"}, {}, {}, {}};
    EXPECT_THAT(pool_urls(archive, "libjwt", "x"),
                ElementsAre("http://one.example/debian/pool/main/libj/libjwt/x",
                            "http://one.example/debian-security/pool/updates/main/libj/libjwt/x"));
}

TEST_F(AptHostTest, ReadsTheHostsFiles)
{
    write_file(root() / "apt/sources.list", "deb http://one.example/debian bookworm main\n");
    write_file(root() / "apt/sources.list.d/b.sources",
               "Types: deb\nURIs: http://three.example/debian\nSuites: bookworm\nComponents: main\n");
    write_file(root() / "apt/sources.list.d/a.list", "deb http://two.example/debian bookworm main\n");
    write_file(root() / "apt/sources.list.d/c.list.save", "deb http://old.example/debian bookworm main\n");
    std::vector<std::string> uris;
    for (const auto& one : read_host_sources(root() / "apt"))
        uris.push_back(one.uris.at(0));
    EXPECT_THAT(uris,
                ElementsAre("http://one.example/debian", "http://two.example/debian", "http://three.example/debian"));
    EXPECT_TRUE(read_host_sources(root() / "nothing").empty());
}

TEST_F(AptHostTest, ReadsTheCodeName)
{
    write_file(root() / "os-release", "ID=debian\nVERSION_CODENAME=\"bookworm\"\n");
    EXPECT_EQ(read_codename(root() / "os-release"), "bookworm");
    EXPECT_EQ(read_codename(root() / "missing"), "");
}

} // namespace
} // namespace sf::source::testing
