#include "engine/package/floor_check.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

const engine::NewerSymbols newer{{"arc4random", "2.36"}, {"gettid", "2.30"}};

util::Error explain(std::string_view log)
{
    return engine::explain_floor(spec::Floor::usual(), newer, log, {util::ErrorCode::build, "it failed", "a hint", {}});
}

TEST(FloorCheck, TheKitSaysWhatIsNewer)
{
    const auto kit = util::TempDir::make("/tmp", "sf-floor-test");
    ASSERT_TRUE(kit);
    ASSERT_FALSE(engine::read_newer_symbols(kit->path()));
    ASSERT_TRUE(util::write_file_atomic(kit->path() / "newer", "arc4random 2.36\n\nno-version\n_Fork 2.34\n"));
    const auto read = engine::read_newer_symbols(kit->path());
    ASSERT_TRUE(read);
    EXPECT_THAT(*read, ElementsAre(Pair("_Fork", "2.34"), Pair("arc4random", "2.36")));
}

TEST(FloorCheck, GnuLdNamesFileAndSymbol)
{
    const auto error = explain("gcc -o x x.c\n/usr/bin/ld: /tmp/ccA.o: in function `main':\n"
                               "src/x.c:(.text+0x5): undefined reference to `arc4random'\ncollect2: error\n");
    EXPECT_THAT(error.message,
                StartsWith("src/x.c needs arc4random, which glibc 2.36 brought, and the floor is 2.28\nit failed"));
    EXPECT_EQ(error.hint, "") << "an older hint must not hide the reason's";
    EXPECT_EQ(error.reason, util::Reason::symbol_above_floor);
    EXPECT_EQ(error.about, "host");
    EXPECT_EQ(error.code, util::ErrorCode::build);
}

TEST(FloorCheck, MoldNamesThemInTwoLines)
{
    const auto error =
        explain("mold: error: undefined symbol: gettid\n>>> referenced by x.c\n>>>   /tmp/ccA.o:(main)\n");
    EXPECT_THAT(error.message, StartsWith("x.c needs gettid, which glibc 2.30 brought, and the floor is 2.28\n"));
    EXPECT_EQ(error.about, "2.31");
}

TEST(FloorCheck, OtherFailuresStayAsTheyAre)
{
    for (const auto* log : {"", "undefined reference to `", "undefined symbol: ",
                            "x.c: undefined reference to `other'\n", "a line that names arc4random\n"}) {
        const auto error = explain(log);
        EXPECT_EQ(error.message, "it failed") << log;
        EXPECT_EQ(error.hint, "a hint") << log;
    }
}

} // namespace
