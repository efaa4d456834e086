#include "store/tar_member.hpp"

#include "util/files/fs.hpp"
#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::store {
namespace {

using ::testing::Each;
using ::testing::StartsWith;

/// Text that compresses about as programs do.
std::string sample(std::size_t size)
{
    std::string text;
    for (std::uint32_t state = 1; text.size() < size; state = state * 1664525U + 1013904223U)
        text += fmt::format("{} and {:x}\n", state % 1000, state >> 20U);
    text.resize(size);
    return text;
}

class TarMemberTest : public ::testing::TestWithParam<Coding> {
protected:
    /// What comes of a tar that `fill` adds to; `digest_` is its digest.
    std::string written(const std::function<util::Status(TarMember&)>& fill, Coding coding)
    {
        std::string bytes;
        const auto sink = [&bytes](std::string_view part) {
            bytes += part;
            return util::Status();
        };
        auto tar = TarMember::create(sink, ArchiveEnd::written, coding);
        EXPECT_TRUE(tar) << util::to_string(tar.error());
        const auto filled = fill(*tar);
        EXPECT_TRUE(filled) << util::to_string(filled.error());
        const auto digest = tar->finish();
        EXPECT_TRUE(digest) << util::to_string(digest.error());
        digest_ = *digest;
        return bytes;
    }

    std::string with_bytes(const std::string& bytes, Coding coding)
    {
        return written([&](TarMember& tar) { return tar.add_bytes("file", bytes); }, coding);
    }

    /// What a shell command says of `bytes`.
    std::string shell(const std::string& bytes, const std::string& command) const
    {
        EXPECT_TRUE(util::write_file_atomic(directory_.path() / "bytes", bytes));
        util::Command shell;
        shell.argv = {"sh", "-ec", command};
        shell.directory = directory_.path();
        const auto output = util::run_checked(shell);
        EXPECT_TRUE(output) << util::to_string(output.error());
        return output ? *output : std::string();
    }

    util::TempDir directory_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-tar-member");
    util::Digest digest_ = util::sha256("");
};

TEST_P(TarMemberTest, UnpacksToTheTarOfTheDigest)
{
    const auto bytes = with_bytes(sample(300'000), GetParam());
    const auto* unpack = GetParam() == Coding::zstd ? "zstd -dcq bytes" : "gzip -dc <bytes";
    EXPECT_THAT(shell(bytes, std::string(unpack) + " | sha256sum"), StartsWith(digest_.to_hex()));
}

TEST_P(TarMemberTest, IsTheSameHoweverTheBytesCome)
{
    const auto text = sample(300'000);
    ASSERT_TRUE(util::write_file_atomic(directory_.path() / "sample", text));
    const auto from_memory = with_bytes(text, GetParam());
    const auto from_file =
        written([&](TarMember& tar) { return tar.add_file("file", false, directory_.path() / "sample"); }, GetParam());
    EXPECT_TRUE(from_memory == from_file);
}

TEST_P(TarMemberTest, MayBeEmptyButForTheEnd)
{
    const auto bytes = written([](TarMember&) { return util::Status(); }, GetParam());
    EXPECT_THAT(shell(bytes, "tar -tf - --" + std::string(GetParam() == Coding::zstd ? "zstd" : "gzip") + " <bytes"),
                "");
}

INSTANTIATE_TEST_SUITE_P(Codings, TarMemberTest, ::testing::Values(Coding::gzip, Coding::gzip_quick, Coding::zstd));

TEST_F(TarMemberTest, AGzipHeaderTellsNothing)
{
    const auto bytes = with_bytes("text", Coding::gzip);
    ASSERT_GT(bytes.size(), 10U);
    EXPECT_EQ(bytes.substr(0, 4), std::string("\x1f\x8b\x08\x00", 4)) << "deflate; no name, no comment";
    EXPECT_THAT(bytes.substr(4, 4), Each('\0')) << "time";
    EXPECT_EQ(bytes[9], '\xff') << "operating system: unknown";
}

TEST_F(TarMemberTest, TheStrongerTheSmaller)
{
    const auto text = sample(300'000);
    const auto quick = with_bytes(text, Coding::gzip_quick).size();
    const auto strong = with_bytes(text, Coding::gzip).size();
    EXPECT_LT(strong, quick);
    EXPECT_LT(with_bytes(text, Coding::zstd).size(), strong);
}

TEST_F(TarMemberTest, AVeryLargeTarIsSeveralMembers)
{
    const auto bytes = with_bytes(std::string(std::size_t{70} << 20U, 'x'), Coding::gzip);
    EXPECT_EQ(shell(bytes, "LC_ALL=C grep -aoP '\\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00' bytes | wc -l"), "2\n");
    EXPECT_THAT(shell(bytes, "gzip -dc <bytes | sha256sum"), StartsWith(digest_.to_hex()));
}

TEST_F(TarMemberTest, AZstdFrameHasASumAndAWindowOfItsOwnSize)
{
    const auto list = shell(with_bytes(sample(1'000'000), Coding::zstd), "zstd -lv bytes");
    EXPECT_THAT(list, ::testing::HasSubstr("Check: XXH64"));
    EXPECT_THAT(list, ::testing::HasSubstr("Decompressed Size: 978 KiB (1001984 B)"));
    EXPECT_THAT(list, ::testing::HasSubstr("Window Size: 978 KiB (1001984 B)"));
}

} // namespace
} // namespace sf::store
