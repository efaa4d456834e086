#include "image/apt_sources.hpp"

#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace sf::image {
namespace {

constexpr const char* deb822 = R"(# comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
# a comment within
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

types: deb
uris: http://mirror.example/debian-security
suites: bookworm-security
components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb-src
URIs: http://mirror.example/only-source
Suites: bookworm
Components: main

Types: deb
URIs: http://mirror.example/off
Suites: bookworm
Components: main
Enabled: no
)";

constexpr const char* one_line = R"(# deb http://mirror.example/commented bookworm main
deb [ signed-by=/k/a.gpg,/k/b.gpg arch=amd64 trusted=yes ] http://mirror.example/debian bookworm main # tail
deb-src http://mirror.example/debian bookworm main
deb	http://mirror.example/debian-security bookworm-security main
deb http://other.example/docker bookworm stable
deb http://flat.example/ ./
deb broken
deb [unclosed http://x y z
)";

TEST(AptSources, Deb822)
{
    const auto sources = parse_deb822_sources(deb822);
    ASSERT_EQ(sources.size(), 2U);
    EXPECT_EQ(sources[0].uris, std::vector<std::string>{"http://mirror.example/debian"});
    EXPECT_EQ(sources[0].suites, (std::vector<std::string>{"bookworm", "bookworm-updates"}));
    EXPECT_EQ(sources[0].components, (std::vector<std::string>{"main", "contrib"}));
    EXPECT_EQ(sources[0].options.at("Signed-By"), "/usr/share/keyrings/debian-archive-keyring.gpg");
    EXPECT_EQ(sources[1].options.at("Signed-By"), "\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n.\nabc");
}

TEST(AptSources, OneLine)
{
    const auto sources = parse_one_line_sources(one_line);
    ASSERT_EQ(sources.size(), 4U);
    EXPECT_EQ(sources[0].uris, std::vector<std::string>{"http://mirror.example/debian"});
    EXPECT_EQ(sources[0].components, std::vector<std::string>{"main"});
    EXPECT_EQ(sources[0].options.at("Signed-By"), "/k/a.gpg /k/b.gpg");
    EXPECT_EQ(sources[0].options.at("Trusted"), "yes");
    EXPECT_EQ(sources[0].options.size(), 2U);
    EXPECT_EQ(sources[1].suites, std::vector<std::string>{"bookworm-security"});
}

TEST(AptSources, TheWantedSuiteAndItsCompanions)
{
    const auto chosen = select_sources(parse_one_line_sources(one_line), "bookworm", "bookworm");
    ASSERT_EQ(chosen.size(), 2U) << "no other vendor's archive";
    EXPECT_EQ(chosen[1].uris, std::vector<std::string>{"http://mirror.example/debian-security"});
}

TEST(AptSources, AnotherSuiteComesFromTheHostsMirrors)
{
    const auto chosen = select_sources(parse_deb822_sources(deb822), "trixie", "bookworm");
    ASSERT_EQ(chosen.size(), 2U);
    EXPECT_EQ(chosen[0].suites, (std::vector<std::string>{"trixie", "trixie-updates"}));
    EXPECT_EQ(chosen[1].suites, std::vector<std::string>{"trixie-security"});
    EXPECT_TRUE(select_sources(parse_deb822_sources(deb822), "trixie", "noble").empty());
    EXPECT_TRUE(select_sources(parse_deb822_sources(deb822), "trixie", "").empty());
    EXPECT_TRUE(select_sources({}, "bookworm", "bookworm").empty());
}

TEST(AptSources, WhatIsNeverReleasedStandsAlone)
{
    const auto chosen = select_sources(parse_deb822_sources(deb822), "sid", "bookworm");
    ASSERT_EQ(chosen.size(), 1U);
    EXPECT_EQ(chosen[0].suites, std::vector<std::string>{"sid"});
}

TEST(AptSources, ExpiredIndexesAreAcceptedWhenAsked)
{
    auto chosen = select_sources(parse_deb822_sources(deb822), "sid", "bookworm");
    EXPECT_EQ(to_deb822(chosen).find("Check-Valid-Until"), std::string::npos);
    accept_expired(chosen);
    EXPECT_NE(to_deb822(chosen).find("Check-Valid-Until: no\n"), std::string::npos);
}

TEST(AptSources, WhatIsWrittenReadsBackTheSame)
{
    const auto sources = parse_deb822_sources(deb822);
    EXPECT_EQ(parse_deb822_sources(to_deb822(sources)), sources);
    const auto lines = select_sources(parse_one_line_sources(one_line), "bookworm", "bookworm");
    EXPECT_EQ(to_deb822(lines), "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n"
                                "Signed-By: /k/a.gpg /k/b.gpg\nTrusted: yes\n"
                                "\nTypes: deb\nURIs: http://mirror.example/debian-security\n"
                                "Suites: bookworm-security\nComponents: main\n");
}

TEST(AptSources, FilesAreReadInAptsOrder)
{
    const auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "apt-test");
    ASSERT_TRUE(directory);
    const auto& top = directory->path();
    EXPECT_TRUE(read_sources(top).empty());
    std::filesystem::create_directory(top / "sources.list.d");
    std::ofstream(top / "sources.list") << "deb http://a/ s main\n";
    std::ofstream(top / "sources.list.d/z.list") << "deb http://z/ s main\n";
    std::ofstream(top / "sources.list.d/b.sources") << "Types: deb\nURIs: http://b/\nSuites: s\nComponents: main\n";
    std::ofstream(top / "sources.list.d/ignored.save") << "deb http://no/ s main\n";
    const auto sources = read_sources(top);
    ASSERT_EQ(sources.size(), 3U);
    EXPECT_EQ(sources[0].uris[0] + sources[1].uris[0] + sources[2].uris[0], "http://a/http://b/http://z/");
}

TEST(AptSources, LocalArchivesNeedNoNetwork)
{
    EXPECT_TRUE(all_local(parse_one_line_sources("deb file:/srv/debian bookworm main\n")));
    EXPECT_FALSE(all_local(parse_one_line_sources("deb file:/srv/debian bookworm main\ndeb http://a/ b main\n")));
    EXPECT_FALSE(all_local({}));
}

} // namespace
} // namespace sf::image
