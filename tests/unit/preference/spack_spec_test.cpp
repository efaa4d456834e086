#include "preference/spack_spec.hpp"

#include "spec/spec.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace sf::preference {
namespace {

using Words = std::vector<std::string>;

/// What our parser makes of the rest, and what was taken out.
struct Outcome {
    std::string spec;
    Words dropped;
    bool operator==(const Outcome& other) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome)
{
    out << outcome.spec << " without";
    for (const auto& word : outcome.dropped)
        out << " {" << word << '}';
    return out;
}

Outcome reduce(const std::string& text)
{
    const auto reduced = reduce_spec(text);
    EXPECT_EQ(reduced.text.size(), text.size()) << text;
    if (reduced.text.find_first_not_of(' ') == std::string::npos)
        return {"", reduced.dropped};
    const auto spec = spec::Spec::parse(reduced.text);
    return {spec ? spec->to_string() : spec.error().message, reduced.dropped};
}

TEST(ReduceSpec, LeavesOursAlone)
{
    for (const std::string text : {"slurm@24.11:25.05,=23.02.1 +pmix ~gtk -x auth=munge target=x86_64_v3 ^hwloc@2: +a",
                                   "@6.5+20250216", "+shared", "a-b@1-2_3.4rc1~c", "", "  ", "?", "a=", "a b c"})
        EXPECT_EQ(reduce_spec(text).text, text);
    EXPECT_TRUE(reduce_spec("slurm@24.11 +pmix target=zen4").dropped.empty());
}

TEST(ReduceSpec, TakesCompilersOut)
{
    EXPECT_EQ(reduce("openmpi@1.4.3%gcc@4.4.7 arch=linux-debian7-x86_64"),
              (Outcome{"openmpi@1.4.3", {"%gcc@4.4.7", "arch=linux-debian7-x86_64"}}));
    EXPECT_EQ(reduce("hdf5%gcc@12.2.0+mpi api=v112"), (Outcome{"hdf5 +mpi api=v112", {"%gcc@12.2.0"}}));
    EXPECT_EQ(reduce("hdf5 % gcc @11:12,=13.1 ~x"), (Outcome{"hdf5 ~x", {"% gcc @11:12,=13.1"}}));
    EXPECT_EQ(reduce("a%oneapi ^b%clang@20+c"), (Outcome{"a ^b +c", {"%oneapi", "%clang@20"}}));
    EXPECT_EQ(reduce("%gcc"), (Outcome{"", {"%gcc"}}));
    EXPECT_EQ(reduce("%"), (Outcome{"", {"%"}}));
}

TEST(ReduceSpec, TakesDirectDependenciesOutWithTheirConstraints)
{
    EXPECT_EQ(reduce("mpileaks@2.3~debug+opt %mpich@3 +slurm %callpath"),
              (Outcome{"mpileaks@2.3 ~debug +opt", {"%mpich@3 +slurm", "%callpath"}}));
    EXPECT_EQ(reduce("mvapich2 %c,cxx,fortran=gcc@12 ^hwloc"), (Outcome{"mvapich2 ^hwloc", {"%c,cxx,fortran=gcc@12"}}));
    EXPECT_EQ(reduce("%[when=%c]c=clang %[when=%cxx]cxx=clang"),
              (Outcome{"", {"%[when=%c]c=clang", "%[when=%cxx]cxx=clang"}}));
    EXPECT_EQ(reduce("a %%gcc@12 %[virtuals=mpi"), (Outcome{"a", {"%%gcc@12", "%[virtuals=mpi"}}));
}

TEST(ReduceSpec, TakesArchitecturesFlagsAndHashesOut)
{
    EXPECT_EQ(reduce("zlib os=debian12 platform=linux target=zen4"),
              (Outcome{"zlib target=zen4", {"os=debian12", "platform=linux"}}));
    EXPECT_EQ(reduce("target=x86_64_v3: +a"), (Outcome{"+a", {"target=x86_64_v3:"}}));
    EXPECT_EQ(reduce("target=zen2,zen3"), (Outcome{"", {"target=zen2,zen3"}}));
    EXPECT_EQ(reduce("zlib cflags=\"-O3 -g\" +pic ldflags==-s /abcdef12"),
              (Outcome{"zlib +pic", {"cflags=\"-O3 -g\"", "ldflags==-s", "/abcdef12"}}));
    EXPECT_EQ(reduce("cmake build_system=generic"), (Outcome{"cmake", {"build_system=generic"}}));
}

TEST(ReduceSpec, WritesOtherSpellingsOurWay)
{
    EXPECT_EQ(reduce("a++b~~c --d"), (Outcome{"a +b ~c ~d", {}}));
    EXPECT_EQ(reduce("a b==c d:=e f:==g"), (Outcome{"a b=c d=e f=g", {}}));
    EXPECT_EQ(reduce("a languages='c,cxx' b=\"c\"+d"), (Outcome{"a +d b=c languages=c,cxx", {}}));
    EXPECT_EQ(reduce("gcc@12.2.0 languages:='c,c++,fortran'"), (Outcome{"gcc@12.2.0", {"languages:='c,c++,fortran'"}}));
    EXPECT_EQ(reduce("cuda_arch=* +cuda"), (Outcome{"+cuda", {"cuda_arch=*"}}));
    EXPECT_EQ(reduce("builtin.mpich@4 ^spack.zlib"), (Outcome{"mpich@4 ^zlib", {}}));
    EXPECT_EQ(reduce("a ^[virtuals=mpi,blas] b@2 ^mpi=mpich@4"), (Outcome{"a ^b@2 ^mpich@4", {}}));
}

TEST(ReduceSpec, OfAnyTextIsAsLongAndNeedsNoSecondGo)
{
    const std::string alphabet = "a1.%^@+~-=:'[]/, ";
    std::string text;
    const auto extend = [&](const auto& self, std::size_t length) -> void {
        const auto once = reduce_spec(text);
        ASSERT_EQ(once.text.size(), text.size()) << text;
        // Only what the parser refuses anyway may look like something of Spack's still.
        if (spec::Spec::read(once.text)) {
            ASSERT_EQ(reduce_spec(once.text).text, once.text) << text;
        }
        if (length == 0)
            return;
        for (const char c : alphabet) {
            text.push_back(c);
            self(self, length - 1);
            text.pop_back();
        }
    };
    extend(extend, 4);
}

TEST(ReduceSpec, KeepsColumnsOfFaults)
{
    const std::string text = "a%gcc@12 k:='v' b=\"c\" $";
    const auto spec = spec::Spec::read(reduce_spec(text).text);
    ASSERT_FALSE(spec);
    EXPECT_EQ(spec.error().offset, text.size() - 1);
    EXPECT_EQ(reduce("a k='v").spec.substr(0, 38), "spec \"a k='v\", column 5: a value is ex");
}

} // namespace
} // namespace sf::preference
