#include "verify/hardening.hpp"

#include "unit/relocate/compile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <elf.h>

#include <cstring>
#include <optional>

namespace sf::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Strings = std::vector<std::string>;

const Strings hardened = {"-O2",  "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-fcf-protection", "-fPIE",
                          "-pie", "-Wl,-z,relro,-z,now"};
/// Calls that fortify replaces, and an array.
const std::string program =
    "#include <stdio.h>\n#include <string.h>\n"
    "int main(int c, char** v) { char b[40]; strcpy(b, v[c - 1]); return printf(\"%s %d\", b, c); }";

class HardeningTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-hardening");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
    }

    /// A program compiled as hardened ones are, but for the last arguments.
    VerifyReport report_of(const Strings& more, const std::string& source = program)
    {
        auto arguments = hardened;
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto file = directory_->path() / "file";
        test::compile(file, source, arguments);
        const auto info = relocate::read_elf(file);
        const auto code = relocate::read_code(file);
        VerifyReport report;
        if (!info || !*info || !code) {
            ADD_FAILURE() << "the file cannot be read";
            return report;
        }
        HardeningCheck(policy_, manifest_ ? &*manifest_ : nullptr).check("lib/file", **info, code->protections, report);
        return report;
    }
    Strings weaknesses(const Strings& more, const std::string& source = program)
    {
        Strings details;
        for (const auto& finding : report_of(more, source).violations)
            details.push_back(finding.detail);
        return details;
    }

    Policy policy_;
    std::optional<manifest::Manifest> manifest_;
    std::optional<util::TempDir> directory_;
};

/// More code than a file without a stack protector may have.
std::string much_code()
{
    std::string text = "volatile int sink;\n";
    for (int i = 0; i < 1000; ++i)
        text += "void f" + std::to_string(i) + "(void) { sink = " + std::to_string(i) + "; sink = sink * sink; }\n";
    return text + "int main(void) { return sink; }\n";
}

TEST_F(HardeningTest, AHardenedFileHasNoFindings)
{
    const auto report = report_of({});
    EXPECT_THAT(report.violations, IsEmpty());
    EXPECT_EQ(report.hardening.files, 1U);
    EXPECT_EQ(report.hardening.weak, 0U);
    EXPECT_EQ(report.hardening.stack_protector, 1U);
    EXPECT_EQ(report.hardening.fortified, 1U);
    EXPECT_EQ(report.hardening.control_flow, 1U);
    EXPECT_THAT(weaknesses({"-no-pie", "-fno-pie"}), ElementsAre(HasSubstr("PIE"))); // and main() is found
    EXPECT_THAT(weaknesses({"-rdynamic"}), IsEmpty());
    EXPECT_THAT(weaknesses({"-rdynamic", "-fcf-protection=none"}),
                ElementsAre(HasSubstr("its function main does not")));
}

TEST_F(HardeningTest, EachMissingProtectionIsFound)
{
    EXPECT_THAT(weaknesses({"-U_FORTIFY_SOURCE"}), ElementsAre(HasSubstr("it calls printf, and no function that")));
    EXPECT_THAT(weaknesses({"-fcf-protection=none"}), ElementsAre(HasSubstr("its function main does not begin with")));
    EXPECT_THAT(weaknesses({"-Wl,-z,lazy"}), ElementsAre("RELRO is partial, and must be full"));
    EXPECT_THAT(weaknesses({"-Wl,-z,norelro"}), ElementsAre("RELRO is none, and must be full"));
    EXPECT_THAT(weaknesses({"-fno-stack-protector"}), IsEmpty()); // too little code to tell
    EXPECT_THAT(weaknesses({"-fno-stack-protector"}, much_code()),
                ElementsAre(HasSubstr("none of its functions has a stack protector")));
}

TEST_F(HardeningTest, ExportedFunctionsOfALibraryMustBeginWithEndbr)
{
    const std::string two = "int one(void) { return 1; } int two(void) { return 2; }";
    EXPECT_THAT(weaknesses({"-shared", "-fPIC", "-nostdlib"}, two), IsEmpty());
    EXPECT_THAT(weaknesses({"-shared", "-fPIC", "-nostdlib", "-fcf-protection=none"}, two),
                ElementsAre(HasSubstr("does not begin with endbr64")));
    EXPECT_THAT(weaknesses({"-shared", "-fPIC", "-nostdlib"}, "int none = 1;"), IsEmpty());
}

// What says how code was compiled lies in sections.
TEST_F(HardeningTest, AFileWithoutSectionsIsMalformed)
{
    const auto file = directory_->path() / "file";
    for (const auto& arguments : {Strings{}, Strings{"-static"}}) {
        test::compile(file, program, arguments);
        auto bytes = *util::read_file(file);
        ASSERT_TRUE(relocate::read_code(file));
        Elf64_Ehdr header;
        std::memcpy(&header, bytes.data(), sizeof header);
        header.e_shoff = 0;
        header.e_shnum = 0;
        header.e_shstrndx = 0;
        std::memcpy(bytes.data(), &header, sizeof header);
        ASSERT_TRUE(util::write_file_atomic(file, bytes));
        const auto code = relocate::read_code(file);
        ASSERT_FALSE(code);
        EXPECT_EQ(code.error().code, util::ErrorCode::build);
        EXPECT_THAT(code.error().message, HasSubstr("malformed"));
    }
}

TEST_F(HardeningTest, TheManifestSaysTheLevel)
{
    manifest_.emplace();
    manifest_->hardening = "none";
    EXPECT_THAT(weaknesses({"-Wl,-z,lazy", "-U_FORTIFY_SOURCE", "-fcf-protection=none"}), IsEmpty());
    EXPECT_THAT(weaknesses({"-Wl,-z,norelro"}), ElementsAre("RELRO is none, and must be partial"));
    policy_.hardening = spec::HardeningLevel::standard;
    EXPECT_THAT(weaknesses({"-Wl,-z,lazy"}), ElementsAre("RELRO is partial, and must be full"));
    policy_.hardening.reset();
    policy_.fortify = true;
    EXPECT_THAT(weaknesses({"-Wl,-z,lazy", "-U_FORTIFY_SOURCE"}), ElementsAre(HasSubstr("it calls printf")));
    policy_ = Policy();
    for (const auto* level : {"", "strict", "no such level"}) {
        manifest_->hardening = level;
        EXPECT_THAT(weaknesses({"-Wl,-z,lazy"}), ElementsAre(HasSubstr("RELRO is partial"))) << level;
    }
}

TEST_F(HardeningTest, TheManifestExcusesFiles)
{
    manifest_.emplace();
    manifest_->packages.emplace_back();
    auto& notes = manifest_->packages.back().hardening;
    notes.push_back({"bind-now", "lib/*", "plugins"});
    const auto report = report_of({"-Wl,-z,lazy"});
    EXPECT_THAT(report.violations, IsEmpty());
    ASSERT_EQ(report.accepted.size(), 1U);
    EXPECT_EQ(report.accepted[0].detail, "plugins (RELRO is partial, and must be full)");
    EXPECT_EQ(report.hardening.weak, 0U);
    EXPECT_EQ(report.hardening.excused, 1U);
    EXPECT_THAT(weaknesses({"-Wl,-z,norelro"}), ElementsAre(HasSubstr("RELRO is none")));
    EXPECT_THAT(weaknesses({"-U_FORTIFY_SOURCE"}), ElementsAre(HasSubstr("printf")));
    notes[0].path = "bin/*";
    EXPECT_THAT(weaknesses({"-Wl,-z,lazy"}), ElementsAre(HasSubstr("RELRO")));
    notes[0].path = "lib/*";
    policy_.hardening_exceptions = false;
    EXPECT_THAT(weaknesses({"-Wl,-z,lazy"}), ElementsAre(HasSubstr("RELRO")));
}

} // namespace
} // namespace sf::verify
