#include "engine/package/diagnosis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using sf::engine::diagnose;
using ::testing::HasSubstr;
using ::testing::Not;

/// What tools print, and the cause that is to be found in it.
struct Sample {
    const char* name;
    const char* log;
    const char* cause;
    const char* hint;
    sf::util::Reason reason = sf::util::Reason::none;
};

void PrintTo(const Sample& sample, std::ostream* out)
{
    *out << sample.name;
}

class Diagnosis : public ::testing::TestWithParam<Sample> {};

constexpr Sample samples[] = {
    {"header",
     "gcc -DHAVE_CONFIG_H -I. -O2 -c -o auth_jwt.lo auth_jwt.c\n"
     "auth_jwt.c:42:10: fatal error: jwt.h: No such file or directory\n"
     "   42 | #include <jwt.h>\n"
     "      |          ^~~~~~~\n"
     "compilation terminated.\n"
     "make[4]: *** [Makefile:742: auth_jwt.lo] Error 1\n",
     "the header jwt.h is missing", "dependency"},
    {"library_bfd",
     "/bin/bash ../libtool --tag=CC --mode=link gcc -o slurmctld slurmctld.o -lmunge\n"
     "/usr/bin/ld: cannot find -lmunge: No such file or directory\n"
     "collect2: error: ld returned 1 exit status\n",
     "the library munge is missing", "dependency"},
    {"library_mold", "mold: fatal: library not found: json-c\ncollect2: error: ld returned 1 exit status\n",
     "the library json-c is missing", "dependency"},
    {"symbol",
     "/usr/bin/ld: main.o: in function `main':\nmain.c:(.text.startup+0x9): undefined reference to `deflateInit_'\n"
     "collect2: error: ld returned 1 exit status\n",
     "the function deflateInit_ is in none of the libraries", "header"},
    {"symbol_mold", "mold: error: undefined symbol: hwloc_topology_init\n>>> referenced by x.o\n",
     "the function hwloc_topology_init is in none of the libraries", "header"},
    {"compiler_killed",
     "g++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\n"
     "make[2]: *** [CMakeFiles/x.dir/build.make:76: x.o] Error 1\n",
     "the compiler (cc1plus) was killed", "", sf::util::Reason::job_out_of_memory},
    {"linker_killed", "collect2: fatal error: ld terminated with signal 9 [Killed]\n", "the linker was killed", "",
     sf::util::Reason::job_out_of_memory},
    {"disk", "/tmp/ccXYZ.s: Assembler messages:\n/tmp/ccXYZ.s: Fatal error: can't write x.o: No space left on device\n",
     "a disk was full", "tmpfs-stage"},
    {"no_compiler",
     "checking for gcc... gcc\nchecking whether the C compiler works... no\n"
     "configure: error: in `/build/munge':\n"
     "configure: error: C compiler cannot create executables\nSee `config.log' for more details\n",
     "the C compiler does not work", "flags", sf::util::Reason::compiler_broken},
    {"configure", "checking for libssl... no\nconfigure: error: OpenSSL headers were not found\n",
     "configure says: OpenSSL headers were not found", "config.log"},
    {"pkg_config",
     "checking for LIBEVENT... no\nconfigure: error: Package requirements (libevent >= 2.0) were not met:\n\n"
     "No package 'libevent' found\n",
     "pkg-config does not find libevent", "dependency"},
    {"cmake",
     "CMake Error at /usr/share/cmake-3.25/Modules/FindPackageHandleStandardArgs.cmake:230 (message):\n"
     "  Could NOT find ZLIB (missing: ZLIB_LIBRARY ZLIB_INCLUDE_DIR)\n",
     "CMake does not find ZLIB", "dependency"},
    {"tool", "/step/run.sh: 14: /step/run.sh: autoreconf: not found\n", "the program autoreconf is missing",
     "type build"},
    {"tool_of_make", "/bin/sh: 1: bison: not found\nmake: *** [Makefile:7: parse.c] Error 127\n",
     "the program bison is missing", "type build"},
    {"tool_in_bash", "./autogen.sh: line 3: libtoolize: command not found\n", "the program libtoolize is missing",
     "type build"},
    {"tool_run_by_make", "make[1]: flex: No such file or directory\n", "the program flex is missing", "type build"},
    {"directory", "make: *** doc: No such file or directory.  Stop.\n", "make does not find doc", "recipe"},
    {"patch",
     "patching file configure.ac\nHunk #1 FAILED at 17.\n1 out of 1 hunk FAILED -- rejects in file configure.ac.rej\n",
     "a patch does not fit", "another version"},
    {"named_patch",
     "patch fix.patch of greet 1.0-1\nHunk #1 FAILED at 1.\n1 out of 1 hunk FAILED -- saving rejects to file x\n"
     "the patch fix.patch of greet 1:1.0-1 does not fit greet@1.0\n--- greet.c\n+++ greet.c\n",
     "the patch fix.patch of greet 1:1.0-1 does not fit", "earlier patch"},
    {"archive", "tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors\n",
     "tar cannot read the archive", "sha256"},
    {"target", "make: *** No rule to make target 'install-strip'.  Stop.\n",
     "make does not know how to make install-strip", "recipe"},
    {"network", "curl: (6) Could not resolve host: example.org\n", "the build tries to download", "no network"},
    {"processor", "make[1]: *** [Makefile:9: check] Illegal instruction (core dumped)\n", "built for a newer processor",
     "", sf::util::Reason::program_too_new},
    {"glibc", "./protoc: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./protoc)\n",
     "needs glibc 2.38", "image"},
    {"pic",
     "/usr/bin/ld: libz.a(adler32.o): relocation R_X86_64_PC32 against symbol `x' can not be used when making a shared "
     "object; recompile with -fPIC\n",
     "without -fPIC", "shared"},
    {"compiler", "x.c: In function 'main':\nx.c:3:5: error: unknown type name 'bool'\n",
     "the compiler says: unknown type name 'bool'", ""},
};

INSTANTIATE_TEST_SUITE_P(OfLogs, Diagnosis, ::testing::ValuesIn(samples),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(Diagnosis, FindsTheCause)
{
    const auto found = diagnose(GetParam().log);
    ASSERT_TRUE(found);
    EXPECT_THAT(found->cause, HasSubstr(GetParam().cause));
    EXPECT_THAT(found->hint, HasSubstr(GetParam().hint));
    EXPECT_EQ(found->reason, GetParam().reason);
    EXPECT_THAT(found->cause, Not(HasSubstr("{}")));
}

TEST(Diagnosis, NothingIsMadeUp)
{
    EXPECT_FALSE(diagnose(""));
    EXPECT_FALSE(diagnose("checking for gcc... gcc\nmake: *** [Makefile:3: all] Error 1\n"));
}

TEST(Diagnosis, TheFirstOfTheSurestCounts)
{
    // As make -j has it: what follows from the first failure stands behind it.
    const auto first = diagnose("a\nb\nc\nx.c:1:1: fatal error: one.h: No such file or directory\nd\ne\nf\ng\nh\n"
                                "y.c:1:1: fatal error: two.h: No such file or directory\n");
    ASSERT_TRUE(first);
    EXPECT_THAT(first->cause, HasSubstr("one.h"));
    EXPECT_EQ(first->line, 4U);
    EXPECT_EQ(first->excerpt, "b\nc\nx.c:1:1: fatal error: one.h: No such file or directory\nd\ne\nf\ng");
    // Where memory or space was short, other errors may be of that.
    const auto killed = diagnose("x.c:1:1: error: expected ';'\n"
                                 "x.c:1:1: fatal error: one.h: No such file or directory\n"
                                 "g++: fatal error: Killed signal terminated program cc1plus\n");
    ASSERT_TRUE(killed);
    EXPECT_EQ(killed->line, 3U);
    EXPECT_FALSE(killed->no_space);
    EXPECT_TRUE(diagnose("x.c:1:1: error: a\ncp: x: No space left on device\n")->no_space);
}

} // namespace
