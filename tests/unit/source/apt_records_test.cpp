#include "source/apt_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::source {
namespace {

TEST(AptRecords, ReadsShowsrc)
{
    const auto records = parse_showsrc("Package: zlib\n"
                                       "Binary: zlib1g, zlib1g-dev\n"
                                       "Version: 1:1.3-2\n"
                                       "Files:\n"
                                       " 83dfad99d7533944c8aae8e8cce6aaaa 2637 zlib_1.3-2.dsc\n"
                                       "Checksums-Sha256:\n"
                                       " aaaa 2637 zlib_1.3-2.dsc\n"
                                       " bbbb 1325737 zlib_1.3.orig.tar.gz\n"
                                       " nonsense\n"
                                       "Directory: pool/main/z/zlib\n"
                                       "Package-List:\n"
                                       " zlib1g deb libs optional arch=any\n"
                                       "\n"
                                       "\n"
                                       "Package: half a stanza\n"
                                       "\n"
                                       "N: a remark of apt's\n"
                                       "Package: zlib\n"
                                       "Version: 1:1.2-1");
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].package, "zlib");
    EXPECT_EQ(records[0].version, "1:1.3-2");
    ASSERT_EQ(records[0].files.size(), 2U);
    EXPECT_EQ(records[0].files[1].name, "zlib_1.3.orig.tar.gz");
    EXPECT_EQ(records[0].files[1].sha256, "bbbb");
    EXPECT_EQ(records[0].files[1].size, 1325737U);
    EXPECT_EQ(records[1].version, "1:1.2-1");
    EXPECT_TRUE(records[1].files.empty());
    EXPECT_TRUE(parse_showsrc("").empty());
}

TEST(AptRecords, StripsTheDebianRevision)
{
    EXPECT_EQ(upstream_version("24.11.5-4"), "24.11.5");
    EXPECT_EQ(upstream_version("1:1.3.dfsg+really1.3.1-1+deb13u1"), "1:1.3.dfsg+really1.3.1");
    EXPECT_EQ(upstream_version("2.1.12-stable-8"), "2.1.12-stable");
    EXPECT_EQ(upstream_version("1.0"), "1.0");
}

TEST(AptRecords, FindsTheUriWithTheSum)
{
    const auto sum = util::sha256("orig");
    const auto text = "NOTICE: 'zlib' packaging is maintained in the 'Git' version control system at:\n"
                      "Need to get 1347 kB of source archives.\n"
                      "'http://a.example/zlib_1.3-1.dsc' zlib_1.3-1.dsc 2637 SHA256:" +
                      util::sha256("dsc").to_hex() +
                      "\n'http://a.example/zlib_1.3%2bx.orig.tar.gz' zlib_1.3+x.orig.tar.gz 13 SHA256:" + sum.to_hex() +
                      "\n";
    EXPECT_EQ(find_uri(text, sum), "http://a.example/zlib_1.3%2bx.orig.tar.gz");
    EXPECT_EQ(find_uri(text, util::sha256("other")), std::nullopt);
    EXPECT_EQ(find_uri("'", sum), std::nullopt);
}

TEST(AptRecords, QuotesWhatAptComplainsOf)
{
    EXPECT_EQ(apt_complaint("Get:1 x\nW: careful\nE: first\nE: second\nE: Some index files failed to download.\n"),
              "first; second");
    EXPECT_EQ(apt_complaint("Get:1 x\nW: careful\n"), "careful");
    EXPECT_EQ(apt_complaint("just text\n"), "just text");
}

} // namespace
} // namespace sf::source
