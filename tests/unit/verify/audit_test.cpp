#include "verify/verify.hpp"

#include "unit/relocate/compile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

namespace sf::verify {

// For readable failures.
void PrintTo(const Finding& finding, std::ostream* out)
{
    *out << to_string(finding.kind) << ": " << finding.file << ": " << finding.detail;
}

namespace {

namespace stdfs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = Finding::Kind;

/// Hardening has tests of its own; files are compiled here without it.
VerifyOptions unhardened()
{
    VerifyOptions options;
    options.policy.hardening = spec::HardeningLevel::none;
    return options;
}

auto finding(Kind kind, const std::string& file, const std::string& detail)
{
    return AllOf(Field(&Finding::kind, kind), Field(&Finding::file, file), Field(&Finding::detail, HasSubstr(detail)));
}

class AuditTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "sf-verify");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
        ASSERT_TRUE(util::make_directories(tree()));
    }

    const stdfs::path& root() const { return directory_->path(); }
    stdfs::path tree() const { return root() / "software"; }

    void write(const stdfs::path& relative, const std::string& text) const
    {
        ASSERT_TRUE(util::write_file_atomic(tree() / relative, text));
    }
    void link(const std::string& target, const stdfs::path& relative) const
    {
        ASSERT_TRUE(util::make_directories((tree() / relative).parent_path()));
        ASSERT_EQ(::symlink(target.c_str(), (tree() / relative).c_str()), 0);
    }

    void make_library(const stdfs::path& relative, const std::string& soname, std::vector<std::string> extra = {}) const
    {
        std::vector<std::string> arguments{"-shared", "-fPIC", "-Wl,-soname," + soname};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        test::compile(tree() / relative, "int one(void) { return 7; }", arguments);
    }
    void make_program(const stdfs::path& relative, const std::string& runpath,
                      const stdfs::path& library = "lib/libone.so.1.0") const
    {
        std::vector<std::string> arguments{(tree() / library).string()};
        if (!runpath.empty())
            arguments.push_back("-Wl,-rpath," + runpath);
        test::compile(tree() / relative, "int one(void); int main(void) { return one(); }", arguments);
    }

    /// bin/tool, lib/libone.so.1 and a plugin with a library two directories up.
    void make_clean_tree() const
    {
        make_library("lib/libone.so.1.0", "libone.so.1");
        link("libone.so.1.0", "lib/libone.so.1");
        make_program("bin/tool", "$ORIGIN/../lib");
        test::compile(
            tree() / "lib" / "slurm" / "plugin.so", "int one(void); int two(void) { return one(); }",
            {"-shared", "-fPIC", (tree() / "lib" / "libone.so.1.0").string(), "-Wl,-rpath,${ORIGIN}/../../lib"});
        write("share/text", "nothing special in /home/me/build/x or rebuild/y\n");
        link("/etc/slurm/slurm.conf", "share/slurm.conf");
    }

    VerifyReport report(const stdfs::path& path, const VerifyOptions& options = unhardened()) const
    {
        auto made = audit(path, options);
        EXPECT_TRUE(made) << util::to_string(made.error());
        return made ? *made : VerifyReport{};
    }
    VerifyReport report() const { return report(tree()); }

    std::optional<util::TempDir> directory_;
};

TEST_F(AuditTest, ACleanTreeHasNoFindings)
{
    make_clean_tree();
    const auto made = report();
    EXPECT_THAT(made.violations, IsEmpty());
    EXPECT_THAT(made.accepted, IsEmpty());
    EXPECT_EQ(made.files, 6U);
    EXPECT_EQ(made.elf_files, 3U);
    EXPECT_EQ(made.highest_glibc, "2.34");
    EXPECT_EQ(made.highest_glibc_file, "bin/tool");
    EXPECT_THAT(made.system_libraries, ElementsAre("libc.so.6"));
}

TEST_F(AuditTest, LibrariesMustLieInTheTree)
{
    make_clean_tree();
    make_program("bin/lost", "");
    make_program("bin/elsewhere", "$ORIGIN/../lib/slurm");
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::missing_library, "bin/elsewhere", "libone.so.1"),
                                                 finding(Kind::missing_library, "bin/lost", "libone.so.1")));
}

TEST_F(AuditTest, AnotherLibraryOfTheSameNameDoesNotCount)
{
    make_clean_tree();
    make_library("lib/other/libone.so.1", "libother.so.1");
    make_program("bin/wrong", "$ORIGIN/../lib/other");
    EXPECT_THAT(report().violations,
                ElementsAre(finding(Kind::missing_library, "bin/wrong", "calls itself \"libother")));
}

TEST_F(AuditTest, ANeededPathIsNoName)
{
    test::compile(tree() / "lib" / "libplain.so", "int one(void) { return 7; }", {"-shared", "-fPIC"});
    make_program("bin/tool", "$ORIGIN/../lib", "lib/libplain.so");
    const auto made = report();
    EXPECT_THAT(made.violations, ElementsAre(finding(Kind::missing_library, "bin/tool", "is a path")));
}

TEST_F(AuditTest, AllowedLibrariesCanBeNamed)
{
    make_clean_tree();
    make_program("bin/lost", "");
    auto options = unhardened();
    options.policy.system_libraries = {"libc.so.6", "libon?.so.*"};
    const auto made = report(tree(), options);
    EXPECT_THAT(made.violations, IsEmpty());
    EXPECT_THAT(made.system_libraries, ElementsAre("libc.so.6", "libone.so.1"));
}

TEST_F(AuditTest, RunpathsMustBeRelativeAndStayInside)
{
    make_clean_tree();
    make_program("bin/absolute", "/usr/lib/x:$ORIGIN/../lib");
    make_program("bin/outside", "$ORIGIN/../lib:$ORIGIN/../../lib");
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::absolute_runpath, "bin/absolute", "/usr/lib/x"),
                                                 finding(Kind::absolute_runpath, "bin/outside", "$ORIGIN/../../lib")));
}

TEST_F(AuditTest, ALibraryMustResolveFromTheDirectoryOfALinkToIt)
{
    make_clean_tree();
    const std::string library = (tree() / "lib/libone.so.1.0").string();
    const auto source = "int one(void); int two(void) { return one(); }";
    test::compile(tree() / "lib/libgood.so.1", source, {"-shared", "-fPIC", library, "-Wl,-rpath,$ORIGIN/../lib"});
    test::compile(tree() / "lib/libbad.so.1", source, {"-shared", "-fPIC", library, "-Wl,-rpath,$ORIGIN"});
    link("../lib/libgood.so.1", "lib-api/libgood.so.1");
    link("../lib/libbad.so.1", "lib-api/libbad.so.1");
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::missing_library, "lib-api/libbad.so.1", "libone.so.1")));
}

TEST_F(AuditTest, LinksToDirectoriesAreFollowed)
{
    make_clean_tree();
    link("lib", "lib64");
    make_program("bin/other", "$ORIGIN/../lib64");
    EXPECT_THAT(report().violations, IsEmpty());
}

TEST_F(AuditTest, PathsOfTheBuildAreFound)
{
    make_clean_tree();
    write("bin/script", "#!/bin/sh\nexec /opt/slurm/software/bin/tool /opt/slurm/software/x\n");
    write("lib/flags", "gcc -I/build/slurm-24.11/src -O2");
    write("lib/binary", std::string("\0\1\2/build/x.c\0\377", 14));
    write("lib/other", "/opt/slurm/software2 /opt/slurm/softwarex");
    const auto made = report();
    EXPECT_THAT(made.violations,
                ElementsAre(finding(Kind::build_path, "bin/script", "/opt/slurm/software/bin/tool and 1 more"),
                            finding(Kind::build_path, "lib/binary", "/build/x.c"),
                            finding(Kind::build_path, "lib/flags", "/build/slurm-24.11/src")));
}

TEST_F(AuditTest, TheManifestMayExcuseThem)
{
    make_clean_tree();
    write("lib/libcrypto.so.3", "OPENSSLDIR /opt/slurm/software/lib/engines-3");
    write("lib/other", "/opt/slurm/software");
    write("share/slurm-factory/manifest.json",
          R"({"schema": 1, "default_prefix": "/opt/slurm/software", "packages": [
              {"name": "openssl", "relocation": [{"path": "lib/libcrypto.so.*", "reason": "engines are off"}]},
              {"name": "zlib", "relocation": []}]})");
    const auto made = report();
    EXPECT_THAT(made.violations, ElementsAre(finding(Kind::build_path, "lib/other", "/opt/slurm/software")));
    EXPECT_THAT(made.accepted, ElementsAre(finding(Kind::build_path, "lib/libcrypto.so.3", "engines are off")));
}

TEST_F(AuditTest, AManifestThatIsNoneIsAnError)
{
    for (const auto* text : {"", "[]", "{}", R"({"packages": 1})"}) {
        write("share/slurm-factory/manifest.json", text);
        const auto made = audit(tree(), {});
        ASSERT_FALSE(made) << text;
        EXPECT_EQ(made.error().code, util::ErrorCode::verify);
    }
    write("share/slurm-factory/manifest.json",
          R"({"packages": [1, {"relocation": 2}, {"relocation": [3, {"path": 4}]}]})");
    EXPECT_TRUE(audit(tree(), {}));
}

TEST_F(AuditTest, AManifestIsReadInTheTreeOnly)
{
    make_clean_tree();
    ASSERT_TRUE(util::write_file_atomic(root() / "host", "a file of the host"));
    const stdfs::path place = "share/slurm-factory/manifest.json";
    for (const auto& target : {(root() / "host").string(), std::string("../../../host")}) {
        link(target, place);
        EXPECT_TRUE(audit(tree(), {})) << target << ": no manifest, and a link that is looked at as others are";
        stdfs::remove(tree() / place);
    }
    ASSERT_EQ(::mkfifo((tree() / place).c_str(), 0600), 0);
    const auto report = audit(tree(), {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, util::ErrorCode::verify);
    EXPECT_THAT(report.error().message, HasSubstr("manifest.json is not a regular file"));
}

TEST_F(AuditTest, SomeFilesAreForbidden)
{
    make_clean_tree();
    write("lib/libone.la", "# libtool");
    write("lib/libone.a", "!<arch>\n");
    write("bin/setuid", "text");
    ASSERT_EQ(::chmod((tree() / "bin/setuid").c_str(), 04755), 0);
    ASSERT_EQ(::mkfifo((tree() / "run").c_str(), 0644), 0);
    link("nowhere", "share/a");
    link("../../outside", "share/b");
    ASSERT_TRUE(util::write_file_atomic(root() / "outside", "text"));
    link("/opt/slurm/software/bin/tool", "share/c");
    link("/build/x", "share/d");
    link("/opt/slurm/software2/x", "share/e");
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::forbidden_file, "bin/setuid", "setuid"),
                                                 finding(Kind::forbidden_file, "lib/libone.a", "static library"),
                                                 finding(Kind::forbidden_file, "lib/libone.la", "libtool"),
                                                 finding(Kind::forbidden_file, "run", "pipe"),
                                                 finding(Kind::forbidden_file, "share/a", "not there: nowhere"),
                                                 finding(Kind::forbidden_file, "share/b", "out of the tree"),
                                                 finding(Kind::forbidden_file, "share/c", "build prefix"),
                                                 finding(Kind::build_path, "share/d", "/build/x")));
}

TEST_F(AuditTest, NoFindingDependsOnFilesOfTheHost)
{
    make_clean_tree();
    const auto host = root() / "host";
    const auto through = [&](const std::string& name, const std::string& target) {
        link(target, "share/to-" + name);
        link("to-" + name, "share/" + name);
    };
    through("file", (host / "file").string());
    through("directory", (host / "directory").string());
    link("directory/file", "share/below");
    link("../../host/file", "share/up");
    // Names inside the tree only as long as the tree has this name, here.
    link("../../software/bin/tool", "share/back");
    // A library that the loader finds by a link that leads to a file of the host
    link((host / "libhost.so.1").string(), "lib/libhost.so.1");
    test::compile(root() / "libhost.so", "int one(void) { return 7; }", {"-shared", "-Wl,-soname,libhost.so.1"});
    test::compile(tree() / "bin/other", "int one(void); int main(void) { return one(); }",
                  {(root() / "libhost.so").string(), "-Wl,-rpath,$ORIGIN/../lib"});

    const auto without = report().violations;
    ASSERT_TRUE(util::write_file_atomic(host / "file", "text"));
    ASSERT_TRUE(util::write_file_atomic(host / "directory/file", "text"));
    stdfs::copy_file(root() / "libhost.so", host / "libhost.so.1");
    const auto with = report().violations;
    const auto out = [](const std::string& file) { return finding(Kind::forbidden_file, file, "out of the tree"); };
    const auto expected = ElementsAre(finding(Kind::missing_library, "bin/other", "libhost.so.1"), out("share/back"),
                                      out("share/below"), out("share/directory"), out("share/file"), out("share/up"));
    EXPECT_THAT(without, expected);
    EXPECT_THAT(with, expected);
}

class PolicyAuditTest : public AuditTest {
protected:
    /// The findings about a clean tree with what the test added.
    std::vector<Finding> violations(const Policy& policy) const
    {
        VerifyOptions options;
        options.policy = policy;
        options.policy.hardening = spec::HardeningLevel::none;
        return report(tree(), options).violations;
    }
    void make_file(const stdfs::path& relative, const std::vector<std::string>& flags) const
    {
        test::compile(tree() / relative, "int main(void) { return 0; }", flags);
    }
};

TEST_F(PolicyAuditTest, AnExecutableStackIsAViolation)
{
    make_clean_tree();
    make_file("bin/stack", {"-Wl,-z,execstack"});
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::weak_hardening, "bin/stack", "stack is executable")));
    Policy policy;
    policy.executable_stack = true;
    EXPECT_THAT(violations(policy), IsEmpty());
}

TEST_F(PolicyAuditTest, RelroIsDemandedAndCounted)
{
    make_clean_tree();
    make_file("bin/none", {"-Wl,-z,norelro"});
    make_file("bin/full", {"-Wl,-z,relro,-z,now"});
    const auto made = report();
    EXPECT_THAT(made.violations, ElementsAre(finding(Kind::weak_hardening, "bin/none", "RELRO is none")));
    EXPECT_EQ(made.hardening.files, 5U);
    EXPECT_EQ(made.hardening.full_relro, 1U);
    EXPECT_EQ(made.hardening.partial_relro, 3U);
    EXPECT_EQ(made.hardening.bind_now, 1U);
    Policy policy;
    policy.least_relro = Relro::none;
    EXPECT_THAT(violations(policy), IsEmpty());
    policy.least_relro = Relro::full;
    EXPECT_THAT(violations(policy),
                ElementsAre(finding(Kind::weak_hardening, "bin/none", "must be full"),
                            finding(Kind::weak_hardening, "bin/tool", "RELRO is partial, and must be full"),
                            finding(Kind::weak_hardening, "lib/libone.so.1.0", "partial"),
                            finding(Kind::weak_hardening, "lib/slurm/plugin.so", "partial")));
}

TEST_F(PolicyAuditTest, OtherHardeningCanBeDemanded)
{
    make_file("bin/now", {"-Wl,-z,now"});
    make_file("bin/fixed", {"-no-pie", "-Wl,-z,now"});
    EXPECT_THAT(report().violations, IsEmpty());
    Policy policy;
    policy.position_independent = true;
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::weak_hardening, "bin/fixed", "PIE")));
    policy = Policy();
    policy.bind_now = true;
    make_file("bin/lazy", {"-Wl,-z,lazy"});
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::weak_hardening, "bin/lazy", "BIND_NOW")));
}

TEST_F(PolicyAuditTest, AnRpathCanBeRefused)
{
    make_library("lib/libone.so.1.0", "libone.so.1");
    link("libone.so.1.0", "lib/libone.so.1");
    test::compile(tree() / "bin/old", "int one(void); int main(void) { return one(); }",
                  {(tree() / "lib/libone.so.1.0").string(), "-Wl,-rpath,$ORIGIN/../lib", "-Wl,--disable-new-dtags"});
    EXPECT_THAT(report().violations, IsEmpty());
    Policy policy;
    policy.rpath = false;
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::weak_hardening, "bin/old", "RPATH")));
}

TEST_F(PolicyAuditTest, ASymbolThatNothingHasIsAViolation)
{
    test::compile(tree() / "lib/plugin.so",
                  "int of_the_program(void); int nowhere(void); int printf(const char*, ...);"
                  "__attribute__((weak)) int perhaps(void); __asm__(\".globl never_used\");"
                  "int run(void) { return of_the_program() + nowhere() + printf(\"x\") + (perhaps ? perhaps() : 0); }",
                  {"-shared", "-fPIC"});
    test::compile(tree() / "bin/daemon", "int of_the_program(void) { return 1; } int main(void) { return 0; }",
                  {"-rdynamic"});
    EXPECT_THAT(violations({}), ElementsAre(finding(Kind::unresolved_symbol, "lib/plugin.so", "nowhere")));
    Policy policy;
    policy.system_symbols = {"no*"};
    EXPECT_THAT(violations(policy), IsEmpty());
}

TEST_F(PolicyAuditTest, LibrariesThatProgramsOpenWhileTheyRunHaveTheirSymbols)
{
    test::compile(tree() / "lib/plugin.so",
                  "int pam_get_item(void); int nvmlInit(void); int cxil_get_svc_list(void);"
                  "int run(void) { return pam_get_item() + nvmlInit() + cxil_get_svc_list(); }",
                  {"-shared", "-fPIC"});
    EXPECT_THAT(violations({}), IsEmpty());
}

TEST_F(PolicyAuditTest, ASymbolMayBeOfALibraryThatTheSiteAllows)
{
    test::compile(root() / "libdriver.so.1", "int drive(void) { return 1; }",
                  {"-shared", "-fPIC", "-Wl,-soname,libdriver.so.1"});
    test::compile(tree() / "lib/plugin.so", "int drive(void); int run(void) { return drive(); }",
                  {"-shared", "-fPIC", (root() / "libdriver.so.1").string()});
    Policy policy;
    policy.system_libraries.emplace_back("libdriver.so.1");
    EXPECT_THAT(violations(policy), IsEmpty());
}

TEST_F(PolicyAuditTest, AGlibcThatIsTooNewIsAViolation)
{
    make_clean_tree();
    Policy policy;
    policy.highest_glibc = "2.34";
    EXPECT_THAT(violations(policy), IsEmpty());
    policy.highest_glibc = "2.33";
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::newer_glibc, "bin/tool", "needs glibc 2.34")));
}

TEST_F(PolicyAuditTest, TheManifestsFloorIsThePolicyWhereThereIsNone)
{
    make_clean_tree();
    const auto promise = [this](const std::string& glibc) {
        write("share/slurm-factory/manifest.json", R"({"glibc": ")" + glibc + R"(", "packages": []})");
    };
    Policy policy;
    promise("2.28");
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::newer_glibc, "bin/tool", "manifest promises 2.28")));
    policy.highest_glibc = "2.34";
    EXPECT_THAT(violations(policy), IsEmpty()) << "a policy goes before it";
    for (const auto* other : {"2.1 and more", "2.33"}) {
        promise(other);
        EXPECT_THAT(violations(Policy()), ElementsAre(finding(Kind::newer_glibc, "bin/tool", other)))
            << "no floor of ours";
    }
    for (const auto* other : {"host", "", "2.34", "9"}) {
        promise(other);
        EXPECT_THAT(violations(Policy()), IsEmpty()) << other;
    }
}

TEST_F(PolicyAuditTest, ATargetThatIsTooHighIsAViolation)
{
    if (test::shell(root(), "uname -m") != "x86_64\n")
        GTEST_SKIP() << "another family of processors";
    make_file("bin/three", {"-march=x86-64-v3", "-mneeded"});
    Policy policy;
    policy.highest_target = *spec::Target::parse("x86_64_v3");
    EXPECT_THAT(violations(policy), IsEmpty());
    policy.highest_target = *spec::Target::parse("x86_64_v2");
    EXPECT_THAT(violations(policy),
                ElementsAre(finding(Kind::wrong_target, "bin/three", "the policy allows x86_64_v2 at most")));
}

TEST_F(PolicyAuditTest, ForbiddenPathsAreFoundWhereAPathStarts)
{
    make_clean_tree();
    write("share/a", "gcc -I/home/me/include /home/you");
    write("share/b", "see http://docs/home/x and nfs.example.org");
    Policy policy;
    policy.forbidden_paths = {"/home/", "/opt/none"};
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::forbidden_path, "share/a", "/home/me/include and 1 more"),
                                                finding(Kind::forbidden_path, "share/text", "/home/me/build/x")));
    policy.forbidden_paths = {"nfs.example"};
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::forbidden_path, "share/b", "nfs.example")));
}

TEST_F(PolicyAuditTest, ModesAreLookedAt)
{
    write("share/open", "text");
    ASSERT_EQ(::chmod((tree() / "share/open").c_str(), 0666), 0);
    ASSERT_TRUE(util::make_directories(tree() / "share/drop"));
    ASSERT_EQ(::chmod((tree() / "share/drop").c_str(), 01777), 0);
    write("bin/setgid", "text");
    ASSERT_EQ(::chmod((tree() / "bin/setgid").c_str(), 02755), 0);
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::forbidden_file, "bin/setgid", "setgid"),
                                                 finding(Kind::forbidden_file, "share/drop", "everybody"),
                                                 finding(Kind::forbidden_file, "share/open", "everybody")));
    test::shell(root(), "tar --owner=0 --group=0 -czf open.tar.gz software");
    Policy policy;
    policy.world_writable = true;
    policy.setuid = true;
    EXPECT_THAT(violations(policy), IsEmpty());
    VerifyOptions options;
    options.policy = policy;
    EXPECT_THAT(report(root() / "open.tar.gz", options).violations, IsEmpty());
    options.policy.world_writable = false;
    EXPECT_THAT(report(root() / "open.tar.gz", options).violations,
                ElementsAre(finding(Kind::forbidden_file, "share/drop", "everybody"),
                            finding(Kind::forbidden_file, "share/open", "everybody")));
}

TEST_F(PolicyAuditTest, SizeAndLicencesAreOfTheWholeTree)
{
    write("share/data", std::string(2000, 'x'));
    write("share/slurm-factory/manifest.json",
          R"({"name": "slurm-1.0", "packages": [{"name": "slurm", "license": "GPL-2.0-or-later"}]})");
    Policy policy;
    policy.most_bytes = report().bytes;
    EXPECT_EQ(report().name, "slurm-1.0");
    EXPECT_THAT(violations(policy), IsEmpty());
    policy.most_bytes -= 1;
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::too_large, ".", "allows 2.0 KiB at most")));
    policy = Policy();
    policy.allowed_licenses = {"MIT"};
    EXPECT_THAT(violations(policy), ElementsAre(finding(Kind::license, "share/slurm-factory/manifest.json",
                                                        "slurm: \"GPL-2.0-or-later\"")));
}

class TargetAuditTest : public AuditTest {
protected:
    void SetUp() override
    {
        AuditTest::SetUp();
        if (test::shell(root(), "uname -m") != "x86_64\n")
            GTEST_SKIP() << "another family of processors";
    }
    /// lib/libone.so.1 and bin/tool, marked by the compiler for what the flags say.
    void make_tree(const std::vector<std::string>& library_flags, const std::string& target) const
    {
        make_library("lib/libone.so.1.0", "libone.so.1", library_flags);
        link("libone.so.1.0", "lib/libone.so.1");
        test::compile(
            tree() / "bin/tool", "int one(void); int main(void) { return one(); }",
            {(tree() / "lib/libone.so.1.0").string(), "-Wl,-rpath,$ORIGIN/../lib", "-march=x86-64-v3", "-mneeded"});
        if (!target.empty())
            write("share/slurm-factory/manifest.json", R"({"target": ")" + target + R"(", "packages": []})");
    }
    const std::vector<std::string> v3_{"-march=x86-64-v3", "-mneeded"};
    const std::vector<std::string> v4_{"-march=x86-64-v4", "-mneeded"};
};

TEST_F(TargetAuditTest, TheHighestTargetIsReported)
{
    make_tree(v4_, "");
    auto made = report();
    EXPECT_THAT(made.violations, IsEmpty()) << "there is no manifest that promises something else";
    EXPECT_EQ(made.target, "x86_64_v4");
    EXPECT_EQ(made.target_file, "lib/libone.so.1.0");

    ASSERT_TRUE(util::remove_tree(tree()));
    make_clean_tree();
    made = report();
    EXPECT_EQ(made.target, "x86_64");
    EXPECT_EQ(made.target_file, "");
}

TEST_F(TargetAuditTest, EveryFileMustBeMarkedForTheTarget)
{
    make_tree(v3_, "x86_64_v3");
    EXPECT_THAT(report().violations, IsEmpty());
    make_library("lib/libone.so.1.0", "libone.so.1");
    EXPECT_THAT(report().violations,
                ElementsAre(finding(Kind::wrong_target, "lib/libone.so.1.0", "is not marked as needing x86_64_v3")));
    make_library("lib/libone.so.1.0", "libone.so.1", {"-march=x86-64-v2", "-mneeded"});
    EXPECT_THAT(report().violations,
                ElementsAre(finding(Kind::wrong_target, "lib/libone.so.1.0", "is not marked as needing x86_64_v3")));
    make_library("lib/libone.so.1.0", "libone.so.1", v4_);
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::wrong_target, "lib/libone.so.1.0",
                                                         "asks for x86_64_v4, but the tree is for x86_64_v3")));
}

TEST_F(TargetAuditTest, AGenericTreeHasNoMarks)
{
    make_tree({}, "x86_64");
    EXPECT_THAT(report().violations,
                ElementsAre(finding(Kind::wrong_target, "bin/tool", "asks for x86_64_v3, but the tree is for x86_64")));
    make_program("bin/tool", "$ORIGIN/../lib");
    EXPECT_THAT(report().violations, IsEmpty());
}

TEST_F(TargetAuditTest, ObjectFilesAreLeftAlone)
{
    make_tree(v3_, "x86_64_v3");
    test::compile(tree() / "lib/start.o", "int start;", {"-c"});
    EXPECT_THAT(report().violations, IsEmpty());
}

TEST_F(TargetAuditTest, WhatIsNotKnownIsAViolation)
{
    make_tree(v3_, "x86_64_v9");
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::wrong_target, "share/slurm-factory/manifest.json",
                                                         "there is no target 'x86_64_v9'")));
    write("share/slurm-factory/manifest.json", R"({"target": "x86_64_v3", "packages": []})");
    auto bytes = *util::read_file(tree() / "bin/tool");
    const auto property = bytes.find(std::string("\x02\x80\x00\xc0\x04\0\0\0\x07\0\0\0", 12));
    ASSERT_NE(property, std::string::npos);
    bytes[property + 8] = 0x47;
    write("bin/tool", bytes);
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::wrong_target, "bin/tool", "(bits 0x47)")));
}

TEST_F(AuditTest, CutElfFilesAreFindings)
{
    make_clean_tree();
    stdfs::resize_file(tree() / "lib/slurm/plugin.so", 1000);
    EXPECT_THAT(report().violations, ElementsAre(finding(Kind::malformed_elf, "lib/slurm/plugin.so", "malformed")));
}

TEST_F(AuditTest, TarballsAreAuditedAsTrees)
{
    make_clean_tree();
    make_program("bin/lost", "");
    test::shell(root(), "tar --owner=0 --group=0 -czf clean.tar.gz software && rm -r software");
    const auto made = report(root() / "clean.tar.gz");
    EXPECT_THAT(made.violations, ElementsAre(finding(Kind::missing_library, "bin/lost", "libone.so.1")));
    EXPECT_EQ(made.elf_files, 4U);
    EXPECT_EQ(made.highest_glibc_file, "bin/lost");
}

TEST_F(AuditTest, MembersInARowAreOneTarball)
{
    make_clean_tree();
    test::shell(root(), "export TAR_OPTIONS='--owner=0 --group=0'; tar --no-recursion -b1 -cf a.tar software "
                        "software/bin && truncate -s -1024 a.tar && "
                        "tar -b1 -cf b.tar software && gzip -k a.tar b.tar && zstd -q a.tar b.tar && "
                        "cat a.tar.gz b.tar.gz > all.tar.gz && cat a.tar.zst b.tar.zst > all.tar.zst");
    for (const auto* name : {"all.tar.gz", "all.tar.zst"}) {
        const auto made = report(root() / name);
        EXPECT_THAT(made.violations, IsEmpty()) << name;
        EXPECT_EQ(made.elf_files, 3U) << name;
    }
}

TEST_F(AuditTest, AZstdTarballThatIsDamagedIsRefused)
{
    make_clean_tree();
    test::shell(root(), "tar -cf - software | zstd -q > whole.tar.zst && "
                        "head -c $(($(stat -c %s whole.tar.zst) / 2)) whole.tar.zst > cut.tar.zst");
    const auto cut = audit(root() / "cut.tar.zst", {});
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, util::ErrorCode::verify);
    EXPECT_THAT(util::to_string(cut.error()), HasSubstr("cut.tar.zst"));
}

TEST_F(AuditTest, SetuidFilesInTarballsAreFoundButNotMade)
{
    write("bin/setuid", "text");
    ASSERT_EQ(::chmod((tree() / "bin/setuid").c_str(), 06755), 0);
    ASSERT_EQ(::mkfifo((tree() / "pipe").c_str(), 0644), 0);
    test::shell(root(), "tar --owner=0 --group=0 -czf set.tar.gz software");
    EXPECT_THAT(report(root() / "set.tar.gz").violations,
                ElementsAre(finding(Kind::forbidden_file, "bin/setuid", "setuid"),
                            finding(Kind::forbidden_file, "pipe", "pipe")));
    // Files that would belong to somebody else where root unpacks the tarball.
    test::shell(root(), "tar --owner=mallory:1000 --group=0 -czf owned.tar.gz software/bin/setuid");
    EXPECT_THAT(report(root() / "owned.tar.gz").violations,
                ElementsAre(finding(Kind::forbidden_file, "bin/setuid", "it belongs to 1000:0, not to root"),
                            finding(Kind::forbidden_file, "bin/setuid", "setuid")));
}

TEST_F(AuditTest, TarballsCannotWriteOutside)
{
    write("bin/x", "text");
    test::shell(root(),
                "mkdir out && tar -cPzf dots.tar.gz --transform 's,software/bin/x,software/../../evil,' software");
    const auto dots = audit(root() / "dots.tar.gz", {});
    ASSERT_FALSE(dots);
    EXPECT_EQ(dots.error().code, util::ErrorCode::verify);
    EXPECT_THAT(dots.error().message, HasSubstr("is not a software tarball"));

    test::shell(root(), "tar -cPzf absolute.tar.gz --transform 's,^software,/tmp/software,' software");
    EXPECT_FALSE(audit(root() / "absolute.tar.gz", {}));

    // software/link -> OUT, then software/link/evil
    test::shell(root(),
                "mkdir one two && mkdir -p one/software two/software/link && ln -s \"$PWD/out\" one/software/link && "
                "echo evil > two/software/link/evil && tar -C one -cf link.tar software && "
                "tar -C two -rf link.tar software/link/evil && gzip link.tar");
    EXPECT_FALSE(audit(root() / "link.tar.gz", {}));
    EXPECT_FALSE(stdfs::exists(root() / "out" / "evil"));
}

TEST_F(AuditTest, OtherFilesAreNoTarballs)
{
    ASSERT_TRUE(util::write_file_atomic(root() / "text", "some text"));
    const auto text = audit(root() / "text", {});
    ASSERT_FALSE(text);
    EXPECT_THAT(util::to_string(text.error()), HasSubstr((root() / "text").string()));
    EXPECT_FALSE(audit(root() / "missing.tar.gz", {}));

    write("bin/x", std::string(100000, 'x'));
    test::shell(root(), "tar -cf whole.tar software && head -c 50000 whole.tar | gzip > cut.tar.gz; mv software soft; "
                        "tar --owner=0 --group=0 -czf other.tar.gz soft");
    EXPECT_FALSE(audit(root() / "cut.tar.gz", {}));
    const auto other = audit(root() / "other.tar.gz", {});
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("soft"));
}

TEST(FindingKind, HasAName)
{
    EXPECT_EQ(to_string(Kind::absolute_runpath), "absolute RUNPATH");
    EXPECT_EQ(to_string(Kind::build_path), "build path");
    EXPECT_EQ(to_string(Kind::malformed_elf), "malformed ELF file");
    EXPECT_EQ(to_string(Kind::wrong_target), "wrong target");
    EXPECT_EQ(to_string(Kind::too_large), "too large");
    EXPECT_EQ(identifier(Kind::missing_library), "missing-library");
    EXPECT_EQ(identifier(Kind::newer_glibc), "newer-glibc");
    EXPECT_EQ(identifier(Kind::too_large), "too-large");
    EXPECT_EQ(identifier(Kind::unresolved_symbol), "unresolved-symbol");
}

} // namespace
} // namespace sf::verify
