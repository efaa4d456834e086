#include "spec/target.hpp"

#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/utsname.h>

namespace {

using namespace sf;
using spec::Processor;
using spec::Target;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// From /proc/cpuinfo of machines, shortened.
constexpr const char* nehalem = "fpu sse sse2 pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm";
constexpr const char* haswell =
    "fpu sse sse2 pni ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt xsave avx f16c lahf_lm abm bmi1 avx2 bmi2";
constexpr const char* skylake_server =
    "fpu sse sse2 pni ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt xsave avx f16c lahf_lm abm bmi1 avx2 bmi2 avx512f "
    "avx512dq avx512cd avx512bw avx512vl";

Processor processor(const std::string& flags, const std::string& machine = "x86_64")
{
    return Processor::read(machine, "processor\t: 0\nflags\t\t: " + flags + "\nbugs\t\t: none\n");
}

std::string native(const Processor& of)
{
    const auto target = Target::native(of);
    return target ? target->to_string() : util::to_string(target.error());
}

TEST(Target, NamesAreReadAndPrinted)
{
    for (const auto* name : {"x86_64", "x86_64_v2", "x86_64_v3", "x86_64_v4"}) {
        const auto target = Target::parse(name);
        ASSERT_TRUE(target) << util::to_string(target.error());
        EXPECT_EQ(target->to_string(), name);
        EXPECT_EQ(target->family(), Target::Family::x86_64);
    }
    EXPECT_EQ(*Target::parse("generic"), Target::generic());
    EXPECT_EQ(Target::generic().to_string(), "x86_64");
}

TEST(Target, UnknownNamesAreAnsweredWithTheNearest)
{
    const auto refused = [](const char* name) {
        const auto target = Target::parse(name);
        EXPECT_FALSE(target) << name;
        EXPECT_EQ(target.error().code, util::ErrorCode::usage);
        return util::to_string(target.error());
    };
    EXPECT_THAT(refused("x86-64-v3"), HasSubstr("did you mean 'x86_64_v3'?"));
    EXPECT_THAT(refused("natvie"), HasSubstr("did you mean 'native'?"));
    EXPECT_THAT(refused("pentium"), HasSubstr("targets: x86_64, x86_64_v2, x86_64_v3, x86_64_v4, generic, native"));
    EXPECT_THAT(refused(""), HasSubstr("there is no target ''"));
    EXPECT_THAT(refused("aarch64"), HasSubstr("the target 'aarch64' is not supported yet"));
    EXPECT_THAT(refused("neoverse_v1"), HasSubstr("not supported yet"));
}

TEST(Target, NativeIsTheHighestLevelThatIsWhole)
{
    EXPECT_EQ(native(processor("fpu sse sse2")), "x86_64");
    EXPECT_EQ(native(processor(nehalem)), "x86_64_v2");
    EXPECT_EQ(native(processor(haswell)), "x86_64_v3");
    EXPECT_EQ(native(processor(skylake_server)), "x86_64_v4");
    EXPECT_EQ(native(processor(std::string(nehalem) + " avx512f avx512dq avx512cd avx512bw avx512vl")), "x86_64_v2");
    EXPECT_EQ(native(Processor::read("x86_64", "")), "x86_64");
    EXPECT_THAT(native(processor("fp asimd", "aarch64")), HasSubstr("aarch64, is not supported yet"));
}

TEST(Target, NativeIsWhatTheLoaderSees)
{
    utsname machine = {};
    ASSERT_EQ(::uname(&machine), 0);
    if (std::string(static_cast<const char*>(machine.machine)) != "x86_64")
        GTEST_SKIP() << "another family";
    const auto target = Target::parse("native");
    ASSERT_TRUE(target) << util::to_string(target.error());
    const auto loader = util::run_checked({{"/lib64/ld-linux-x86-64.so.2", "--help"}});
    ASSERT_TRUE(loader) << util::to_string(loader.error());
    for (const auto* level : {"v2", "v3", "v4"})
        EXPECT_EQ(target->includes(*Target::parse(std::string("x86_64_") + level)),
                  loader->find(std::string("x86-64-") + level + " (supported") != std::string::npos)
            << level << *loader;
}

TEST(Target, LevelsIncludeThoseBelow)
{
    const auto v2 = *Target::parse("x86_64_v2");
    const auto v3 = *Target::parse("x86_64_v3");
    EXPECT_TRUE(v3.includes(v2));
    EXPECT_TRUE(v3.includes(v3));
    EXPECT_TRUE(v3.includes(Target::generic()));
    EXPECT_FALSE(v2.includes(v3));
}

TEST(Target, FlagsAreAddedForLevelsAboveTheFirst)
{
    EXPECT_THAT(Target::generic().flags(), IsEmpty());
    EXPECT_THAT(Target::parse("x86_64_v3")->flags(), ElementsAre(Pair("CFLAGS", "-march=x86-64-v3 -mneeded"),
                                                                 Pair("CXXFLAGS", "-march=x86-64-v3 -mneeded")));
}

TEST(Target, MarksAreReadAsLevels)
{
    EXPECT_EQ(Target::of_isa_needed(0)->to_string(), "x86_64");
    EXPECT_EQ(Target::of_isa_needed(1)->to_string(), "x86_64");
    EXPECT_EQ(Target::of_isa_needed(3)->to_string(), "x86_64_v2");
    EXPECT_EQ(Target::of_isa_needed(7)->to_string(), "x86_64_v3");
    EXPECT_EQ(Target::of_isa_needed(8)->to_string(), "x86_64_v4") << "linkers may leave the lower bits out";
    EXPECT_FALSE(Target::of_isa_needed(0x10));
    EXPECT_FALSE(Target::of_isa_needed(0x80000000));
}

TEST(Target, AMachineBuildsForWhatItRuns)
{
    const auto v3 = *Target::parse("x86_64_v3");
    EXPECT_TRUE(v3.check_runs_on(processor(haswell)));
    EXPECT_TRUE(v3.check_runs_on(processor(skylake_server)));
    const auto low = v3.check_runs_on(processor(nehalem));
    ASSERT_FALSE(low);
    EXPECT_EQ(low.error().code, util::ErrorCode::usage);
    EXPECT_THAT(util::to_string(low.error()), HasSubstr("cannot build for x86_64_v3: its processor is x86_64_v2"));
    EXPECT_EQ(low.error().reason, util::Reason::processor_too_old);
    EXPECT_EQ(low.error().about, "x86_64_v2");
    EXPECT_FALSE(Target::generic().check_runs_on(processor("fp asimd", "aarch64")));
}

TEST(Processor, TheFirstOneIsRead)
{
    const auto read = Processor::read("x86_64", "processor\t: 0\nvmx flags\t: vnmi\nflags\t\t: fpu  avx\n\n"
                                                "processor\t: 1\nflags\t\t: fpu avx2\n");
    EXPECT_EQ(read.machine, "x86_64");
    EXPECT_THAT(read.flags, ElementsAre("avx", "fpu"));
}

} // namespace
