#include "deploy/blake2b.hpp"

#include "util/process/process.hpp"

#include <gtest/gtest.h>

namespace sf::deploy {
namespace {

TEST(Blake2b, IsWhatB2sumPrints)
{
    const auto printed = util::run_checked({{"sh", "-c", "printf 'one and two' | b2sum"}});
    ASSERT_TRUE(printed) << util::to_string(printed.error());
    EXPECT_EQ(blake2b({"one", " and ", "", "two"}), printed->substr(0, printed->find(' ')));
}

} // namespace
} // namespace sf::deploy
