#include "http/url.hpp"

#include <gtest/gtest.h>

namespace sf::http {
namespace {

TEST(Url, KnowsHttp)
{
    EXPECT_TRUE(is_http("http://a/b"));
    EXPECT_TRUE(is_http("HTTPS://a/b"));
    EXPECT_FALSE(is_http("ftp://a/b"));
    EXPECT_FALSE(is_http("/a/http://b"));
    EXPECT_FALSE(is_http("http"));
}

TEST(Url, FindsLocalPaths)
{
    EXPECT_EQ(local_path("/a/b c"), "/a/b c");
    EXPECT_EQ(local_path("/a/b%20c"), "/a/b%20c"); // a path is not a URL
    EXPECT_EQ(local_path("file:///a/b%20c"), "/a/b c");
    EXPECT_EQ(local_path("FILE://localhost/a"), "/a");
    EXPECT_EQ(local_path("file://elsewhere/a"), std::nullopt);
    EXPECT_EQ(local_path("https://a/b"), std::nullopt);
    EXPECT_EQ(local_path("relative/path"), std::nullopt);
}

TEST(Url, EncodesAndDecodesSegments)
{
    EXPECT_EQ(percent_encode("zlib_1.3.dfsg+really1.3.1~x.tar"), "zlib_1.3.dfsg%2Breally1.3.1~x.tar");
    EXPECT_EQ(percent_encode("a/b c\xc3\xa9"), "a%2Fb%20c%C3%A9");
    EXPECT_EQ(percent_decode("a%2fb%20c%"), "a/b c%");
    EXPECT_EQ(percent_decode("%4"), "%4");
    EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
    for (const std::string text : {"", "plain", "a+b/c?d#e%41", "\x01\xff"})
        EXPECT_EQ(percent_decode(percent_encode(text)), text);
}

TEST(Url, NamesTheHostWithoutTheUser)
{
    EXPECT_EQ(url_host("https://example.org:8443/a/b"), "https://example.org:8443");
    EXPECT_EQ(url_host("https://me:secret@example.org/a@b"), "https://example.org");
    EXPECT_EQ(url_host("https://example.org?x=1@2"), "https://example.org");
    EXPECT_EQ(url_host("/a/b"), "/a/b");
}

TEST(Url, HidesPasswords)
{
    EXPECT_EQ(without_password("https://me:se@cret@example.org/a"), "https://***@example.org/a");
    EXPECT_EQ(without_password("https://example.org/a@b"), "https://example.org/a@b");
    EXPECT_EQ(without_password("/srv/a@b"), "/srv/a@b");
}

TEST(Url, ResolvesReferences)
{
    const std::string base = "http://host:5000/v2/a/blobs/uploads/";
    EXPECT_EQ(resolve_reference(base, "/v2/a/1?state=x%2F"), "http://host:5000/v2/a/1?state=x%2F");
    EXPECT_EQ(resolve_reference(base, "https://other/b?c"), "https://other/b?c");
    EXPECT_EQ(resolve_reference(base, "1"), "http://host:5000/v2/a/blobs/uploads/1");
    EXPECT_EQ(resolve_reference(base, "file:///etc/passwd"), std::nullopt);
}

} // namespace
} // namespace sf::http
