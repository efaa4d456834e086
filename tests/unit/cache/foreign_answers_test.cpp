#include "cache/openpgp_status.hpp"
#include "cache/registry_page.hpp"

#include <gtest/gtest.h>

namespace {

using namespace sf::cache;

TEST(NextReference, IsThatOfTheLinkWithTheRelationNext)
{
    EXPECT_EQ(next_reference(R"(</a?n=1>; rel="next")"), "/a?n=1");
    EXPECT_EQ(next_reference("<a>;rel=next"), "a");
    EXPECT_EQ(next_reference(R"(<a>; rel="prev", <b>; rel="next")"), "b");
    EXPECT_EQ(next_reference(R"(<a>; title="<x>; rel=next, \"", <b,c;d>; REL="Last NEXT")"), "b,c;d");
    for (const auto* none : {"", "next", "<a>", R"(<a>; rel="prev"; rel="next")", "<next>; rel=previous",
                             R"(<a>; title="next")", "<a; rel=next", ">next<"})
        EXPECT_EQ(next_reference(none), std::nullopt) << none;
}

constexpr const char* key = "0123456789ABCDEF0123456789ABCDEF01234567";

Verdict read(std::string text)
{
    for (auto at = text.find('@'); at != std::string::npos; at = text.find('@'))
        text.replace(at, 1, key);
    return read_status(text);
}

TEST(OpenPgpStatus, TheSignerOfAGoodSignatureCounts)
{
    EXPECT_EQ(read("[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 0123 One\n[GNUPG:] VALIDSIG @ 0 @\n").signer, key);
    for (const auto* none :
         {"", "[GNUPG:]\n[GNUPG:] GOODSIG", "[GNUPG:] VALIDSIG @ 0 @", "GOODSIG 01 a\nVALIDSIG @ 0 @",
          "[GNUPG:] NEWSIG\n[GNUPG:] EXPKEYSIG 0123 One\n[GNUPG:] VALIDSIG @ 0 @\n",
          "[GNUPG:] GOODSIG 01 a\n[GNUPG:] NEWSIG\n[GNUPG:] REVKEYSIG 01 b\n[GNUPG:] VALIDSIG @ 0 @\n",
          "[GNUPG:] GOODSIG 01 a\n[GNUPG:] VALIDSIG @ 0 \n", "[GNUPG:] GOODSIG 01 a\n[GNUPG:] VALIDSIG @ 0 \x1b[1m"})
        EXPECT_EQ(read(none).signer, std::nullopt) << none;
    EXPECT_EQ(read("[GNUPG:] ERRSIG 01\n[GNUPG:] NO_PUBKEY 89AB\n[GNUPG:] NO_PUBKEY 89AC\n").missing, "89AB");
    EXPECT_EQ(read("[GNUPG:] NO_PUBKEY \x1b[31m").missing, std::nullopt);
}

} // namespace
