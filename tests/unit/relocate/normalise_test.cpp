#include "relocate/normalise.hpp"

#include "relocate/elf.hpp"
#include "unit/relocate/compile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <optional>

namespace sf::relocate {
namespace {

namespace stdfs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NormaliseTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "sf-normalise");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
        ASSERT_TRUE(util::make_directories(tree()));
    }

    const stdfs::path& root() const { return directory_->path(); }
    stdfs::path tree() const { return root() / "tree"; }

    void write(const stdfs::path& relative, const std::string& text = "text") const
    {
        ASSERT_TRUE(util::write_file_atomic(tree() / relative, text));
    }
    void link(const std::string& target, const stdfs::path& relative) const
    {
        ASSERT_TRUE(util::make_directories((tree() / relative).parent_path()));
        ASSERT_EQ(::symlink(target.c_str(), (tree() / relative).c_str()), 0);
    }

    util::Result<SliceTrees> normalise_tree(SliceRules rules = {}) const
    {
        NormaliseRequest request;
        request.tree = tree();
        request.prefix = "/opt/slurm/software";
        request.package = "demo";
        request.rules = std::move(rules);
        request.output = root() / "out";
        return normalise(request);
    }
    SliceTrees slices(SliceRules rules = {}) const
    {
        auto made = normalise_tree(std::move(rules));
        EXPECT_TRUE(made) << util::to_string(made.error());
        return made ? *made : SliceTrees{};
    }

    void expect_refused(const std::string& text) const
    {
        const auto made = normalise_tree();
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code, util::ErrorCode::build);
        EXPECT_THAT(util::to_string(made.error()), HasSubstr(text));
        EXPECT_THAT(made.error().message, HasSubstr("demo"));
        EXPECT_FALSE(made.error().hint.empty());
    }

    /// Paths of all entries; directories end in a slash.
    static std::vector<std::string> paths(const stdfs::path& tree)
    {
        std::vector<std::string> found;
        const auto entries = util::walk_tree(tree);
        for (const auto& entry : *entries)
            found.push_back(entry.relative.string() + (entry.type == stdfs::file_type::directory ? "/" : ""));
        return found;
    }
    static std::string text(const stdfs::path& file) { return *util::read_file(file); }

    std::optional<util::TempDir> directory_;
};

TEST_F(NormaliseTest, DividesByKind)
{
    for (const auto* path :
         {"bin/tool", "lib/libdemo.so.1.2", "lib/demo/plugin.so", "lib/libdemo.la", "lib/libdemo.a",
          "lib/demo/plugin.a", "include/demo.h", "lib/pkgconfig/demo.pc", "share/pkgconfig/demo.pc",
          "lib/cmake/demo/demo.cmake", "share/aclocal/demo.m4", "share/doc/demo/README", "share/info/demo.info",
          "share/man/man1/tool.1", "share/man/man3/demo.3", "lib/libscript.so"})
        write(path);
    link("libdemo.so.1.2", "lib/libdemo.so");
    link("libdemo.so.1.2", "lib/libdemo.so.1");
    test::compile(tree() / "lib" / "libplain.so", "int x;", {"-shared", "-fPIC"});
    const auto made = slices();
    EXPECT_THAT(paths(made.run), ElementsAre("bin/", "bin/tool", "lib/", "lib/demo/", "lib/demo/plugin.so",
                                             "lib/libdemo.so.1", "lib/libdemo.so.1.2", "lib/libplain.so", "share/",
                                             "share/man/", "share/man/man1/", "share/man/man1/tool.1"));
    EXPECT_THAT(paths(made.dev),
                ElementsAre("include/", "include/demo.h", "lib/", "lib/cmake/", "lib/cmake/demo/",
                            "lib/cmake/demo/demo.cmake", "lib/libdemo.so", "lib/libscript.so", "lib/pkgconfig/",
                            "lib/pkgconfig/demo.pc", "share/", "share/aclocal/", "share/aclocal/demo.m4", "share/man/",
                            "share/man/man3/", "share/man/man3/demo.3", "share/pkgconfig/", "share/pkgconfig/demo.pc"));
    EXPECT_THAT(paths(made.debug), IsEmpty());
}

TEST_F(NormaliseTest, TheRulesGoFirst)
{
    for (const auto* path : {"bin/tool", "bin/tool-config", "include/demo.h", "include/other.h", "lib/libdemo.a",
                             "lib/libother.a", "etc/demo.conf", "var/log/x"})
        write(path);
    ASSERT_TRUE(util::make_directories(tree() / "etc" / "empty"));
    ASSERT_TRUE(util::make_directories(tree() / "run"));
    const auto made =
        slices({{"include/demo.h", "bin/**"}, {"lib/libdemo.a"}, {"etc/**", "var/**", "run/**", "bin/*-config"}});
    EXPECT_THAT(paths(made.run), ElementsAre("bin/", "bin/tool", "include/", "include/demo.h"));
    EXPECT_THAT(paths(made.dev), ElementsAre("include/", "include/other.h", "lib/", "lib/libdemo.a"));
}

TEST_F(NormaliseTest, KeepsOnlyDirectoriesThatWereInstalledEmpty)
{
    write("share/doc/demo/README");
    write("lib/libdemo.la");
    ASSERT_TRUE(util::make_directories(tree() / "lib" / "plugins" / "extra"));
    ASSERT_TRUE(util::make_directories(tree() / "include" / "empty"));
    const auto made = slices();
    EXPECT_THAT(paths(made.run), ElementsAre("lib/", "lib/plugins/", "lib/plugins/extra/"));
    EXPECT_THAT(paths(made.dev), IsEmpty());
}

TEST_F(NormaliseTest, MovesFilesAndLeavesTheirModes)
{
    write("bin/tool", "#!/bin/sh\n");
    ASSERT_EQ(::chmod((tree() / "bin/tool").c_str(), 0555), 0);
    struct stat before = {};
    struct stat after = {};
    ASSERT_EQ(::stat((tree() / "bin/tool").c_str(), &before), 0);
    const auto made = slices();
    ASSERT_EQ(::stat((made.run / "bin/tool").c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
    EXPECT_EQ(after.st_mode & 07777U, 0555U);
    EXPECT_FALSE(stdfs::exists(tree() / "bin/tool"));
}

TEST_F(NormaliseTest, RelocatesElfFiles)
{
    const std::vector<std::string> arguments{"-shared", "-fPIC", "-Wl,-rpath,/opt/slurm/software/lib"};
    test::compile(tree() / "bin" / "tool", "int x;", arguments);
    test::compile(tree() / "lib" / "slurm" / "plugin.so", "int x;", arguments);
    ASSERT_TRUE(util::make_directories(tree() / "libexec" / "demo"));
    stdfs::create_hard_link(tree() / "bin" / "tool", tree() / "libexec" / "demo" / "tool");
    const auto made = slices();
    EXPECT_THAT((*read_elf(made.run / "bin/tool"))->runpath, ElementsAre("$ORIGIN/../lib"));
    EXPECT_THAT((*read_elf(made.run / "lib/slurm/plugin.so"))->runpath, ElementsAre("$ORIGIN/../../lib"));
    EXPECT_THAT((*read_elf(made.run / "libexec/demo/tool"))->runpath, ElementsAre("$ORIGIN/../../lib"))
        << "a hard link from another depth needs its own";
}

TEST_F(NormaliseTest, MovesDebugInformationToItsBuildId)
{
    test::compile(tree() / "lib" / "libdemo.so.1", "int x;", {"-shared", "-fPIC", "-g"});
    test::shell(tree(),
                "mkdir -p .debug/lib && objcopy --only-keep-debug lib/libdemo.so.1 .debug/lib/libdemo.so.1.debug");
    const auto id = (*read_elf(tree() / "lib/libdemo.so.1"))->build_id;
    const auto made = slices();
    EXPECT_TRUE(stdfs::exists(made.debug / "lib/debug/.build-id" / id.substr(0, 2) / (id.substr(2) + ".debug")));
    EXPECT_THAT(paths(made.run), ElementsAre("lib/", "lib/libdemo.so.1"));
}

TEST_F(NormaliseTest, RefusesDebugInformationWithoutBuildId)
{
    write(".debug/lib/x.debug", "text");
    expect_refused("build-id");
}

TEST_F(NormaliseTest, RefusesLinksAmongDebugInformation)
{
    link("/proc/self/exe", ".debug/lib/x.debug");
    expect_refused("is a link among debug information");
}

TEST_F(NormaliseTest, MakesLinksIntoThePrefixRelative)
{
    link("/opt/slurm/software/sbin/tool", "bin/tool");
    link("/opt/slurm/software/lib/x/", "lib/y/z");
    link("/etc/demo.conf", "share/demo.conf");
    link("../sbin/./tool", "bin/other");
    const auto made = slices();
    EXPECT_EQ(stdfs::read_symlink(made.run / "bin/tool"), "../sbin/tool");
    EXPECT_EQ(stdfs::read_symlink(made.run / "lib/y/z"), "../x");
    EXPECT_EQ(stdfs::read_symlink(made.run / "share/demo.conf"), "/etc/demo.conf");
    EXPECT_EQ(stdfs::read_symlink(made.run / "bin/other"), "../sbin/./tool");
}

TEST_F(NormaliseTest, RefusesLinksIntoTheBuildDirectory)
{
    link("/build/demo-1.0/tool", "bin/tool");
    expect_refused("into the build directory: /build/demo-1.0/tool");
}

TEST_F(NormaliseTest, RefusesRelativeLinksOutOfThePrefix)
{
    link("../../../../etc/passwd", "bin/tool");
    expect_refused("leads out of the prefix");
}

TEST_F(NormaliseTest, ComputesThePrefixOfPkgConfigFiles)
{
    write("lib/pkgconfig/a.pc", "prefix=/opt/slurm/software\nexec_prefix=${prefix}\n"
                                "libdir=/opt/slurm/software/lib\nother=/opt/slurm/software2\n"
                                "Libs: -L/opt/slurm/software/lib -la\n");
    write("share/pkgconfig/b.pc", "libdir=/opt/slurm/software/lib\nprefix = /opt/slurm/software/\nName: b\n");
    write("lib/pkgconfig/c.pc", "Cflags: -I/opt/slurm/software/include\n");
    write("lib/pkgconfig/d.pc", "prefix=/usr\nLibs: -L/opt/slurm/software/lib\n");
    write("lib/pkgconfig/e.pc", "prefix=/usr\nName: e\n");
    const auto made = slices();
    EXPECT_EQ(text(made.dev / "lib/pkgconfig/a.pc"), "prefix=${pcfiledir}/../..\nexec_prefix=${prefix}\n"
                                                     "libdir=${prefix}/lib\nother=/opt/slurm/software2\n"
                                                     "Libs: -L${prefix}/lib -la\n");
    EXPECT_EQ(text(made.dev / "share/pkgconfig/b.pc"), "prefix=${pcfiledir}/../..\nlibdir=${prefix}/lib\nName: b\n");
    EXPECT_EQ(text(made.dev / "lib/pkgconfig/c.pc"), "prefix=${pcfiledir}/../..\nCflags: -I${prefix}/include\n");
    EXPECT_EQ(text(made.dev / "lib/pkgconfig/d.pc"), "prefix=/usr\nLibs: -L${pcfiledir}/../../lib\n");
    EXPECT_EQ(text(made.dev / "lib/pkgconfig/e.pc"), "prefix=/usr\nName: e\n");
}

TEST_F(NormaliseTest, PkgConfigReadsTheResult)
{
    if (!util::find_program("pkg-config"))
        GTEST_SKIP() << "no pkg-config";
    write("lib/pkgconfig/a.pc", "prefix=/opt/slurm/software\nName: a\nDescription: a\nVersion: 1\n"
                                "Libs: -L/opt/slurm/software/lib -la\n");
    const auto made = slices();
    const auto output = test::shell(made.dev, "PKG_CONFIG_PATH=$PWD/lib/pkgconfig pkg-config --libs a");
    EXPECT_THAT(output, HasSubstr("-L" + made.dev.string() + "/lib/pkgconfig/../../lib -la"));
}

TEST_F(NormaliseTest, ComputesThePrefixOfCMakeFiles)
{
    write("lib/cmake/demo/demo.cmake", "set(DEMO_DIR \"/opt/slurm/software/lib\")\n");
    ASSERT_EQ(::chmod((tree() / "lib/cmake/demo/demo.cmake").c_str(), 0444), 0);
    const auto made = slices();
    EXPECT_EQ(text(made.dev / "lib/cmake/demo/demo.cmake"),
              "set(DEMO_DIR \"${CMAKE_CURRENT_LIST_DIR}/../../../lib\")\n");
    struct stat status = {};
    ASSERT_EQ(::stat((made.dev / "lib/cmake/demo/demo.cmake").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0444U);
}

TEST_F(NormaliseTest, ReadsOnlyTheStartOfOtherFiles)
{
    constexpr off_t large = off_t{60} << 30; // a hole: nothing on the disk, but all of it would not fit in memory
    write("share/data");
    ASSERT_EQ(::truncate((tree() / "share/data").c_str(), large), 0);
    EXPECT_EQ(stdfs::file_size(slices().run / "share/data"), static_cast<std::uintmax_t>(large));
}

TEST_F(NormaliseTest, RefusesTextToRewriteThatIsNoText)
{
    write("lib/pkgconfig/a.pc", "prefix=/opt/slurm/software\n");
    ASSERT_EQ(::truncate((tree() / "lib/pkgconfig/a.pc").c_str(), off_t{60} << 30), 0);
    expect_refused("lib/pkgconfig/a.pc has 60.0 GiB, which no such file needs");
}

TEST_F(NormaliseTest, RefusesScriptsForAnInterpreterOfThePrefix)
{
    write("bin/script", "#! /opt/slurm/software/bin/perl -w\n");
    expect_refused("/opt/slurm/software/bin/perl");
}

TEST_F(NormaliseTest, RefusesScriptsForAnInterpreterOfTheBuild)
{
    write("bin/script", "#!/build/x/perl\n");
    expect_refused("/build/x/perl");
}

TEST_F(NormaliseTest, RefusesSetuidFiles)
{
    write("bin/tool");
    ASSERT_EQ(::chmod((tree() / "bin/tool").c_str(), 04755), 0);
    expect_refused("setuid");
}

TEST_F(NormaliseTest, RefusesPipes)
{
    ASSERT_EQ(::mkfifo((tree() / "pipe").c_str(), 0644), 0);
    expect_refused("pipe");
}

TEST_F(NormaliseTest, RefusesWhiteoutsAlsoWhereFilesAreDropped)
{
    ASSERT_TRUE(util::make_directories(tree() / "share/doc"));
    if (::mknod((tree() / "share/doc/gone").c_str(), S_IFCHR | 0600, makedev(0, 0)) != 0)
        GTEST_SKIP() << "whiteouts cannot be made here";
    expect_refused("share/doc/gone was deleted");
}

TEST_F(NormaliseTest, StripsOverlayAttributes)
{
    write("lib/text");
    if (::lsetxattr((tree() / "lib").c_str(), "trusted.overlay.opaque", "y", 1, 0) != 0 ||
        ::lsetxattr((tree() / "lib/text").c_str(), "trusted.overlay.origin", "x", 1, 0) != 0)
        GTEST_SKIP() << "trusted attributes cannot be set here";
    const auto made = slices();
    EXPECT_EQ(::lgetxattr((made.run / "lib/text").c_str(), "trusted.overlay.origin", nullptr, 0), -1);
    EXPECT_EQ(::lgetxattr((made.run / "lib").c_str(), "trusted.overlay.opaque", nullptr, 0), -1);
}

TEST_F(NormaliseTest, RefusesAttributesOfDeletedAndRenamedFiles)
{
    write("lib/text");
    if (::lsetxattr((tree() / "lib/text").c_str(), "trusted.overlay.whiteout", "y", 1, 0) != 0)
        GTEST_SKIP() << "trusted attributes cannot be set here";
    expect_refused("was deleted");
}

} // namespace
} // namespace sf::relocate
