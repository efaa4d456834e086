#include "cache/signature/openpgp_status.hpp"

#include <gtest/gtest.h>

namespace {

using namespace sf::cache;

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
