#include "relocate/elf.hpp"

#include "relocate/code.hpp"

#include "unit/relocate/compile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <elf.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <optional>

namespace sf::relocate {
namespace {

namespace stdfs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ElfTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "sf-elf");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
        prefix_ = root() / "a-long-enough-prefix";
        rpath_ = "-Wl,-rpath," + (prefix_ / "lib").string();
    }

    const stdfs::path& root() const { return directory_->path(); }

    /// PREFIX/lib/libone.so.1 and a program PREFIX/bin/one that uses it and exits with 7.
    void make_program(const std::vector<std::string>& extra = {})
    {
        test::compile(prefix_ / "lib" / "libone.so.1", "int one(void) { return 7; }",
                      {"-shared", "-fPIC", "-Wl,-soname,libone.so.1"});
        std::vector<std::string> arguments{(prefix_ / "lib" / "libone.so.1").string(), rpath_};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        test::compile(prefix_ / "bin" / "one", "int one(void); int main(void) { return one(); }", arguments);
    }

    static int exit_code(const stdfs::path& program)
    {
        util::Command run;
        run.argv = {program.string()};
        const auto result = util::run(run);
        EXPECT_TRUE(result) << util::to_string(result.error());
        return result ? result->exit_code : -1;
    }

    static ElfInfo info(const stdfs::path& file)
    {
        auto read = read_elf(file);
        EXPECT_TRUE(read && *read) << (read ? "no ELF file" : util::to_string(read.error()));
        return read && *read ? **read : ElfInfo{};
    }

    bool relocate(const stdfs::path& relative) const
    {
        const auto changed = relocate_runpath(prefix_ / relative, prefix_.string(), relative);
        EXPECT_TRUE(changed) << util::to_string(changed.error());
        return changed && *changed;
    }

    std::optional<util::TempDir> directory_;
    stdfs::path prefix_;
    std::string rpath_;
};

TEST_F(ElfTest, ReadsAProgram)
{
    make_program();
    const auto read = info(prefix_ / "bin" / "one");
    EXPECT_TRUE(read.dynamic);
    EXPECT_EQ(read.machine, std::string(test::shell(root(), "uname -m | tr -d '\\n'")));
    EXPECT_THAT(read.interpreter, HasSubstr("/ld-linux"));
    EXPECT_EQ(read.soname, "");
    EXPECT_THAT(read.needed, ElementsAre("libone.so.1", "libc.so.6"));
    EXPECT_THAT(read.runpath, ElementsAre((prefix_ / "lib").string()));
    EXPECT_FALSE(read.uses_rpath);
    EXPECT_EQ(read.highest_glibc, "2.34") << "__libc_start_main";
    EXPECT_THAT(test::shell(root(), "readelf -n a-long-enough-prefix/bin/one"), HasSubstr(read.build_id));
    EXPECT_EQ(read.build_id.size(), 40U);

    const auto library = info(prefix_ / "lib" / "libone.so.1");
    EXPECT_EQ(library.soname, "libone.so.1");
    EXPECT_EQ(library.interpreter, "");
    EXPECT_THAT(library.runpath, IsEmpty());
}

TEST_F(ElfTest, WhatIsNoElfFileIsNoError)
{
    for (const auto* text : {"", "\x7f",
                             "\x7f"
                             "EL",
                             "#!/bin/sh\n", "some text"}) {
        ASSERT_TRUE(util::write_file_atomic(root() / "file", text));
        const auto read = read_elf(root() / "file");
        ASSERT_TRUE(read);
        EXPECT_FALSE(*read);
        EXPECT_FALSE(*relocate_runpath(root() / "file", "/prefix", "file"));
    }
    EXPECT_FALSE(read_elf(root() / "missing"));
}

TEST_F(ElfTest, CutFilesAreErrorsThatNameTheFile)
{
    make_program();
    const auto whole = util::read_file(prefix_ / "bin" / "one");
    ASSERT_TRUE(whole);
    for (const std::size_t size :
         {std::size_t{4}, std::size_t{40}, std::size_t{64}, std::size_t{700}, whole->size() / 2, whole->size() - 1}) {
        ASSERT_TRUE(util::write_file_atomic(root() / "cut", whole->substr(0, size)));
        const auto read = read_elf(root() / "cut");
        ASSERT_FALSE(read) << size;
        EXPECT_THAT(read.error().message, HasSubstr((root() / "cut").string()));
    }
}

TEST_F(ElfTest, DamagedBytesNeverCrash)
{
    make_program();
    const auto whole = util::read_file(prefix_ / "bin" / "one");
    ASSERT_TRUE(whole);
    // Headers, notes and symbols lie at the start, the dynamic section and the section table in the rest.
    for (std::size_t at = 4; at < whole->size(); at += at < 1500 ? 1 : 13) {
        for (const char value : {'\xff', '\x01'}) {
            auto damaged = *whole;
            damaged[at] = value;
            stdfs::remove(root() / "damaged"); // some file systems sync a file that is cut and written again
            std::ofstream(root() / "damaged", std::ios::binary) << damaged;
            static_cast<void>(read_elf(root() / "damaged"));
            static_cast<void>(relocate_runpath(root() / "damaged", prefix_.string(), "bin/damaged"));
        }
    }
}

TEST_F(ElfTest, SplitDebugInformationIsNotDynamic)
{
    make_program();
    test::shell(prefix_, "objcopy --only-keep-debug bin/one one.debug");
    const auto read = info(prefix_ / "one.debug");
    EXPECT_FALSE(read.dynamic);
    EXPECT_EQ(read.interpreter, "");
    EXPECT_EQ(read.build_id, info(prefix_ / "bin" / "one").build_id);
}

TEST_F(ElfTest, ReadsWhatTheProcessorMustHave)
{
    if (test::shell(root(), "uname -m") != "x86_64\n")
        GTEST_SKIP() << "another family of processors";
    make_program({"-march=x86-64-v4", "-mneeded"});
    const auto program = prefix_ / "bin" / "one";
    EXPECT_EQ(info(program).isa_needed, 0xfU) << "all levels up to the fourth";
    EXPECT_TRUE(info(program).loadable);
    EXPECT_EQ(info(prefix_ / "lib" / "libone.so.1").isa_needed, 0U) << "it has no such note";
    EXPECT_TRUE(info(prefix_ / "lib" / "libone.so.1").loadable);

    // What is not compiled from C has no note of its own, and takes nothing away.
    ASSERT_TRUE(util::write_file_atomic(root() / "plain.s",
                                        ".globl plain\nplain: ret\n.section .note.GNU-stack,\"\",@progbits\n"));
    test::shell(root(), "gcc -c plain.s && echo 'int two(void) { return 2; }' > two.c && "
                        "gcc -march=x86-64-v2 -mneeded -fPIC -c two.c && gcc -shared -o two.so plain.o two.o && "
                        "objcopy --only-keep-debug two.so two.debug && strip --strip-unneeded two.so");
    EXPECT_EQ(info(root() / "two.so").isa_needed, 3U);
    EXPECT_EQ(info(root() / "two.o").isa_needed, 3U);
    EXPECT_FALSE(info(root() / "two.o").loadable);
    EXPECT_EQ(info(root() / "plain.o").isa_needed, 0U);
}

TEST_F(ElfTest, HardeningIsRead)
{
    const auto made = [&](const char* name, const std::vector<std::string>& flags) {
        test::compile(root() / name, "int main(void) { return 0; }", flags);
        const auto read = info(root() / name).hardening;
        EXPECT_TRUE(read) << name;
        return read.value_or(Hardening());
    };
    const auto strong = made("strong", {"-pie", "-fPIE", "-Wl,-z,relro,-z,now"});
    EXPECT_TRUE(strong.relro);
    EXPECT_TRUE(strong.bind_now);
    EXPECT_TRUE(strong.position_independent);
    EXPECT_FALSE(strong.executable_stack);
    EXPECT_FALSE(strong.text_relocations);
    const auto weak = made("weak", {"-no-pie", "-Wl,-z,norelro,-z,lazy,-z,execstack"});
    EXPECT_FALSE(weak.relro);
    EXPECT_FALSE(weak.bind_now);
    EXPECT_FALSE(weak.position_independent);
    EXPECT_TRUE(weak.executable_stack);
    const auto usual = made("usual", {"-pie", "-fPIE", "-Wl,-z,relro,-z,lazy"});
    EXPECT_TRUE(usual.relro);
    EXPECT_FALSE(usual.bind_now);
    const auto alone = made("alone", {"-static", "-no-pie"});
    EXPECT_FALSE(alone.position_independent);
    EXPECT_FALSE(alone.executable_stack);
}

TEST_F(ElfTest, TextRelocationsAreSeen)
{
    if (test::shell(root(), "uname -m") != "x86_64\n")
        GTEST_SKIP() << "another family of processors";
    ASSERT_TRUE(util::write_file_atomic(root() / "text.s", ".text\n.globl here\nhere: .quad here\n"
                                                           ".section .note.GNU-stack,\"\",@progbits\n"));
    test::shell(root(), "gcc -shared -nostdlib -Wl,-z,notext -o text.so text.s 2>&1");
    ASSERT_TRUE(info(root() / "text.so").hardening);
    EXPECT_TRUE(info(root() / "text.so").hardening->text_relocations);
}

TEST_F(ElfTest, AMissingStackNoteMeansAnExecutableStack)
{
    test::compile(root() / "program", "int main(void) { return 0; }", {});
    auto bytes = *util::read_file(root() / "program");
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        auto* at = bytes.data() + header.e_phoff + i * sizeof(Elf64_Phdr);
        Elf64_Phdr segment;
        std::memcpy(&segment, at, sizeof segment);
        if (segment.p_type != PT_GNU_STACK)
            continue;
        segment.p_type = PT_NULL;
        std::memcpy(at, &segment, sizeof segment);
    }
    ASSERT_FALSE(info(root() / "program").hardening->executable_stack);
    ASSERT_TRUE(util::write_file_atomic(root() / "program", bytes));
    EXPECT_TRUE(info(root() / "program").hardening->executable_stack);
}

TEST_F(ElfTest, ObjectFilesHaveNoHardening)
{
    test::compile(root() / "one.o", "int one;", {"-c"});
    EXPECT_FALSE(info(root() / "one.o").hardening);
}

TEST_F(ElfTest, NotesAreFoundWithoutASectionTable)
{
    if (test::shell(root(), "uname -m") != "x86_64\n")
        GTEST_SKIP() << "another family of processors";
    make_program({"-march=x86-64-v3", "-mneeded"});
    const auto program = prefix_ / "bin" / "one";
    const auto with = info(program);
    auto bytes = *util::read_file(program);
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = 0;
    std::memcpy(bytes.data(), &header, sizeof header);
    ASSERT_TRUE(util::write_file_atomic(program, bytes));
    EXPECT_EQ(info(program).isa_needed, 7U);
    EXPECT_EQ(info(program).build_id, with.build_id);
}

TEST_F(ElfTest, APropertyLongerThanItsNoteIsMalformed)
{
    if (test::shell(root(), "uname -m") != "x86_64\n")
        GTEST_SKIP() << "another family of processors";
    make_program({"-march=x86-64-v3", "-mneeded"});
    const auto program = prefix_ / "bin" / "one";
    auto bytes = *util::read_file(program);
    const auto property = bytes.find(std::string("\x02\x80\x00\xc0\x04\0\0\0\x07\0\0\0", 12));
    ASSERT_NE(property, std::string::npos);
    bytes[property + 4] = 0x40;
    ASSERT_TRUE(util::write_file_atomic(program, bytes));
    const auto read = read_elf(program);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("a property is longer than its note"));
}

TEST_F(ElfTest, AMovedProgramFindsItsLibrary)
{
    make_program();
    ASSERT_EQ(exit_code(prefix_ / "bin" / "one"), 7);
    EXPECT_TRUE(relocate("bin/one"));
    EXPECT_FALSE(relocate("bin/one")) << "a second time there is nothing to do";
    EXPECT_THAT(info(prefix_ / "bin" / "one").runpath, ElementsAre("$ORIGIN/../lib"));
    ASSERT_TRUE(util::rename_path(prefix_, root() / "elsewhere"));
    EXPECT_EQ(exit_code(root() / "elsewhere" / "bin" / "one"), 7);
}

TEST_F(ElfTest, TheOtherBytesStay)
{
    for (const auto* tags : {"-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"}) {
        make_program({tags});
        const auto before = util::read_file(prefix_ / "bin" / "one");
        EXPECT_TRUE(relocate("bin/one"));
        const auto after = util::read_file(prefix_ / "bin" / "one");
        ASSERT_TRUE(before && after);
        const auto old = (prefix_ / "lib").string();
        const auto at = before->find(old);
        ASSERT_NE(at, std::string::npos);
        auto expected = *before;
        std::string text = "$ORIGIN/../lib";
        text.resize(old.size(), '\0');
        expected.replace(at, old.size(), text);
        // An entry of the dynamic section begins with its tag, and every entry at a multiple of eight.
        const auto word = [](Elf64_Sxword tag) {
            return std::string(reinterpret_cast<const char*>(&tag), sizeof tag); // NOLINT: its bytes
        };
        const auto start = static_cast<std::size_t>(
            std::stoull(test::shell(prefix_, "readelf -lW bin/one | awk '$1 == \"DYNAMIC\" {print $2}'"), nullptr, 16));
        for (auto place = start; expected.substr(place, 8) != word(DT_NULL); place += sizeof(Elf64_Dyn))
            if (expected.substr(place, 8) == word(DT_RUNPATH))
                expected.replace(place, 8, word(DT_RPATH));
        EXPECT_TRUE(*after == expected) << tags;
    }
}

TEST_F(ElfTest, EntriesGoByWayOfTheTop)
{
    const auto prefix = prefix_.string();
    const auto rpath = "-Wl,-rpath," + prefix + "/lib:" + prefix + "/lib/slurm/:/usr/lib/other:" + prefix +
                       "/lib:" + prefix + "2/lib:$ORIGIN/../../..:$ORIGIN/more:" + prefix + "/bin/../lib";
    for (const stdfs::path relative : {"bin/x", "lib/x", "lib/slurm/x", "x"})
        test::compile(prefix_ / relative, "int x(void) { return 1; }", {"-shared", "-fPIC", rpath});
    EXPECT_TRUE(relocate("bin/x"));
    EXPECT_THAT(info(prefix_ / "bin/x").runpath, ElementsAre("$ORIGIN/../lib", "$ORIGIN/../lib/slurm", "$ORIGIN/more"));
    EXPECT_TRUE(relocate("lib/x"));
    EXPECT_THAT(info(prefix_ / "lib/x").runpath, ElementsAre("$ORIGIN/../lib", "$ORIGIN/../lib/slurm", "$ORIGIN/more"));
    EXPECT_TRUE(relocate("lib/slurm/x"));
    EXPECT_THAT(info(prefix_ / "lib/slurm/x").runpath,
                ElementsAre("$ORIGIN/../../lib", "$ORIGIN/../../lib/slurm", "$ORIGIN/more"));
    EXPECT_TRUE(relocate("x"));
    EXPECT_THAT(info(prefix_ / "x").runpath, ElementsAre("$ORIGIN/lib", "$ORIGIN/lib/slurm", "$ORIGIN/more"));
}

TEST_F(ElfTest, ARunPathGoesBeforeTheEnvironment)
{
    for (const auto* tags : {"-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"}) {
        make_program({tags});
        EXPECT_TRUE(relocate("bin/one"));
        EXPECT_FALSE(relocate("bin/one")) << "once is enough";
        EXPECT_TRUE(info(prefix_ / "bin" / "one").uses_rpath);
        EXPECT_THAT(info(prefix_ / "bin" / "one").runpath, ElementsAre("$ORIGIN/../lib"));
        test::compile(root() / "foreign" / "libone.so.1", "int other(void) { return 8; }",
                      {"-shared", "-fPIC", "-Wl,-soname,libone.so.1"});
        ASSERT_TRUE(util::rename_path(prefix_, root() / "elsewhere"));
        EXPECT_EQ(test::shell(root(), "LD_LIBRARY_PATH=$PWD/foreign elsewhere/bin/one || printf $?"), "7");
        ASSERT_TRUE(util::rename_path(root() / "elsewhere", prefix_));
    }
}

TEST_F(ElfTest, ModulesOfPamLoadTheSystemsLibraries)
{
    test::compile(prefix_ / "lib" / "libpam.so.0", "int pam(void) { return 0; }",
                  {"-shared", "-fPIC", "-Wl,-soname,libpam.so.0"});
    for (const auto* tags : {"-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"}) {
        test::compile(prefix_ / "bin" / "login", "int pam(void); int main(void) { return pam(); }",
                      {(prefix_ / "lib" / "libpam.so.0").string(), rpath_, tags});
        EXPECT_TRUE(relocate("bin/login"));
        EXPECT_FALSE(info(prefix_ / "bin" / "login").uses_rpath) << tags;
        EXPECT_THAT(info(prefix_ / "bin" / "login").runpath, ElementsAre("$ORIGIN/../lib")) << tags;
        EXPECT_EQ(exit_code(prefix_ / "bin" / "login"), 0);
    }
}

TEST_F(ElfTest, ForeignEntriesGo)
{
    test::compile(prefix_ / "lib" / "x.so", "int x(void) { return 1; }",
                  {"-shared", "-fPIC", "-Wl,-rpath,/usr/local/lib"});
    EXPECT_TRUE(relocate("lib/x.so"));
    EXPECT_THAT(info(prefix_ / "lib" / "x.so").runpath, IsEmpty());
}

TEST_F(ElfTest, ReadOnlyFilesStayReadOnly)
{
    make_program();
    const auto program = prefix_ / "bin" / "one";
    ASSERT_EQ(::chmod(program.c_str(), 0555), 0);
    EXPECT_TRUE(relocate("bin/one"));
    struct stat status = {};
    ASSERT_EQ(::stat(program.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0555U);
}

TEST_F(ElfTest, ASymbolThatSharesTheEndOfTheStringKeepsItsName)
{
    // The linker puts the name "lib" into the end of "PREFIX/lib".
    test::compile(prefix_ / "lib" / "x.so", "int lib(void) { return 1; }", {"-shared", "-fPIC", rpath_});
    const auto before = test::shell(prefix_, "nm -D --defined-only lib/x.so");
    EXPECT_TRUE(relocate("lib/x.so"));
    EXPECT_EQ(test::shell(prefix_, "nm -D --defined-only lib/x.so"), before);
    EXPECT_THAT(info(prefix_ / "lib" / "x.so").runpath, ElementsAre("$ORIGIN/../lib"));
}

TEST_F(ElfTest, SharedBytesThatAreNeededAreAnError)
{
    const std::string prefix = "/opt/some_prefix";
    const auto rpath = "-Wl,-rpath," + prefix;
    const auto library = root() / "x.so";
    test::compile(library, "int some_prefix = 1;", {"-shared", "-fPIC", rpath}); // the end of the string
    const auto before = util::read_file(library);
    auto changed = relocate_runpath(library, prefix, "lib/x.so");
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, util::ErrorCode::build);
    EXPECT_THAT(changed.error().message, HasSubstr("lib/x.so"));
    EXPECT_EQ(*util::read_file(library), *before) << "nothing was written";

    // All of the string is the end of another one.
    test::compile(library, "int x = 1;", {"-shared", "-fPIC", rpath, "-Wl,-soname,libx" + prefix});
    changed = relocate_runpath(library, prefix, "lib/x.so");
    EXPECT_FALSE(changed);
}

TEST_F(ElfTest, AStringThatDoesNotFitIsAnError)
{
    test::compile(root() / "x.so", "int x(void) { return 1; }", {"-shared", "-fPIC", "-Wl,-rpath,/p/lib"});
    const auto changed = relocate_runpath(root() / "x.so", "/p", "lib/slurm/x.so");
    ASSERT_FALSE(changed);
    EXPECT_THAT(changed.error().message, HasSubstr("$ORIGIN/../../lib"));
    EXPECT_THAT(changed.error().hint, HasSubstr("-rpath,/p/lib"));
}

TEST(GlibcVersion, IsComparedByNumbers)
{
    EXPECT_TRUE(is_older_version("2.4", "2.34"));
    EXPECT_TRUE(is_older_version("2.2.5", "2.3"));
    EXPECT_TRUE(is_older_version("2.2", "2.2.5"));
    EXPECT_TRUE(is_older_version("", "2.2"));
    EXPECT_FALSE(is_older_version("2.34", "2.34"));
    EXPECT_FALSE(is_older_version("2.34", "2.4"));
    EXPECT_FALSE(is_older_version("2.34", ""));
    EXPECT_FALSE(is_older_version("", ""));
}

// Files that no linker wrote, of some 20 kB each: their tables lie over each other, and say millions of things.
TEST(ElfTables, ThatOverlapAreRefused)
{
    const stdfs::path corpus = SF_SOURCE_DIR "/tests/fuzz/corpus/elf";
    for (const auto* name : {"needed-bomb", "note-bomb", "version-bomb"}) {
        const auto info = read_elf(corpus / name);
        ASSERT_FALSE(info) << name;
        EXPECT_THAT(info.error().message, HasSubstr("its tables overlap")) << name;
    }
    for (const auto* name : {"relocation-bomb", "symbol-bomb"}) {
        const auto code = read_code(corpus / name);
        ASSERT_FALSE(code) << name;
        EXPECT_THAT(code.error().message, HasSubstr("its tables overlap")) << name;
    }
    const auto changed = relocate_runpath(corpus / "version-definition-bomb", "/opt/slurm/software", "lib/a.so");
    ASSERT_FALSE(changed);
    EXPECT_THAT(changed.error().message, HasSubstr("its tables overlap"));
}

} // namespace
} // namespace sf::relocate
