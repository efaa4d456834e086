#include "deploy/archive.hpp"

#include "manifest/manifest.hpp"
#include "store/tar_member.hpp"
#include "util/files/fs.hpp"
#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::deploy {
namespace {

namespace stdfs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A member as a layer is one, and the digest of it.
struct Member {
    std::string bytes;
    util::Digest digest;
};

Member member(const std::vector<std::pair<std::string, std::string>>& files, store::Coding coding)
{
    std::string bytes;
    const auto sink = [&bytes](std::string_view part) -> util::Status {
        bytes += part;
        return {};
    };
    auto tar = store::TarMember::create(sink, store::ArchiveEnd::left_out, coding).value();
    EXPECT_TRUE(tar.add_directory("software"));
    for (const auto& [path, text] : files)
        EXPECT_TRUE(tar.add_bytes("software/" + path, text));
    const auto digest = tar.finish().value();
    return {bytes, digest};
}

std::string manifest_of(const std::vector<Member>& layers, const std::string& version = "24.11.5")
{
    std::string text = R"({"slurm_version": ")" + version + R"(", "packages": [)";
    for (std::size_t i = 0; i < layers.size(); ++i)
        text += fmt::format(R"({}{{"name": "p{}", "layers": {{"run": "{}"}}}})", i == 0 ? "" : ",", i,
                            layers[i].digest.to_hex());
    return text + "]}";
}

class ArchiveTest : public ::testing::TestWithParam<store::Coding> {
protected:
    util::Result<Archive> read(const std::string& bytes)
    {
        EXPECT_TRUE(util::write_file_atomic(directory_.path() / "a.tar", bytes));
        return read_archive(directory_.path() / "a.tar", open_bundle(directory_.path() / "a.tar").value());
    }
    std::string complaint(const std::string& bytes)
    {
        const auto archive = read(bytes);
        EXPECT_FALSE(archive);
        return archive ? std::string() : util::to_string(archive.error());
    }
    std::string bundle(const std::vector<Member>& layers, const std::string& manifest) const
    {
        std::string bytes;
        for (const auto& layer : layers)
            bytes += layer.bytes;
        return bytes + member({{manifest::place, manifest}}, GetParam()).bytes + store::archive_end(GetParam()).value();
    }
    /// The same layer, compressed in pieces, as the compressors do with very large ones.
    Member in_pieces(const std::vector<std::pair<std::string, std::string>>& files) const
    {
        auto plain = member(files, store::Coding::plain);
        const auto at = directory_.path() / "plain";
        EXPECT_TRUE(util::write_file_atomic(at, plain.bytes));
        const auto* program = GetParam() == store::Coding::zstd ? "zstd -c" : "gzip -nc";
        util::Command split{{"sh", "-c", fmt::format("split -b 65536 --filter='{} >>pieces' plain", program)}};
        split.directory = directory_.path();
        EXPECT_TRUE(util::run_checked(split));
        plain.bytes = util::read_file(directory_.path() / "pieces").value();
        return plain;
    }

    util::TempDir directory_ = util::TempDir::make(stdfs::temp_directory_path(), "sf-archive").value();
};

TEST_P(ArchiveTest, IsDividedIntoItsPackages)
{
    const std::vector<Member> layers = {member({{"bin/a", "a"}}, GetParam()),
                                        member({{"bin/b", "bb"}, {"lib/c", ""}}, GetParam())};
    const auto bytes = bundle(layers, manifest_of(layers));
    const auto archive = read(bytes);
    ASSERT_TRUE(archive) << util::to_string(archive.error());
    EXPECT_EQ(archive->undivided, "");
    EXPECT_EQ(archive->slurm_version, "24.11.5");
    EXPECT_EQ(archive->id(), "24.11.5-" + util::sha256(bytes).to_short());
    EXPECT_EQ(archive->program(), GetParam() == store::Coding::zstd ? "zstd" : "gzip");
    ASSERT_THAT(archive->parts, SizeIs(2));
    EXPECT_EQ(archive->parts[0].package, "p0");
    EXPECT_EQ(bytes.substr(archive->parts[0].offset, archive->parts[0].bytes), layers[0].bytes);
    EXPECT_EQ(bytes.substr(archive->parts[1].offset, archive->parts[1].bytes), layers[1].bytes);
    EXPECT_EQ(archive->tail_offset, layers[0].bytes.size() + layers[1].bytes.size());
    ASSERT_THAT(archive->parts[1].entries, SizeIs(3));
    EXPECT_EQ(archive->parts[1].entries[0].path, ".");
    EXPECT_EQ(archive->parts[1].entries[1].path, "bin/b");
    EXPECT_EQ(archive->parts[1].entries[1].sha256, util::sha256("bb"));
    EXPECT_EQ(archive->parts[1].entries[2].sha256, util::sha256(""));
}

TEST_P(ArchiveTest, APackageMayBeSeveralMembers)
{
    std::string text(std::size_t{1} << 20U, 'x');
    text += "software/"; // as if a layer began here
    const std::vector<Member> layers = {in_pieces({{"lib/large", text}, {"lib/small", "y"}}),
                                        member({{"bin/b", "b"}}, GetParam())};
    const auto archive = read(bundle(layers, manifest_of(layers)));
    ASSERT_TRUE(archive) << util::to_string(archive.error());
    ASSERT_THAT(archive->parts, SizeIs(2)) << archive->undivided;
    EXPECT_EQ(archive->parts[0].bytes, layers[0].bytes.size());
    EXPECT_EQ(archive->parts[0].entries.size(), 3U);
    EXPECT_GE(archive->unpacked_bytes, text.size());
}

TEST_P(ArchiveTest, WhatIsNotWhatTheManifestSaysHasNoParts)
{
    const auto a = member({{"bin/a", "a"}}, GetParam());
    const auto b = member({{"bin/b", "b"}}, GetParam());
    const auto fewer = read(bundle({a}, manifest_of({a, b})));
    ASSERT_TRUE(fewer);
    EXPECT_THAT(fewer->parts, IsEmpty());
    EXPECT_THAT(fewer->undivided, HasSubstr("made of 2 parts, not of one for each of its 2 packages"));
    const auto other = read(bundle({a, b}, manifest_of({b, a})));
    ASSERT_TRUE(other);
    EXPECT_THAT(other->undivided, HasSubstr("its part for p0 is not the layer"));
}

TEST_P(ArchiveTest, WhatIsNoBundle)
{
    const auto a = member({{"bin/a", "a"}}, GetParam());
    EXPECT_THAT(complaint("text"), HasSubstr("neither gzip nor zstd"));
    EXPECT_THAT(complaint(a.bytes + store::archive_end(GetParam()).value()),
                HasSubstr("it has no share/slurm-factory"));
    EXPECT_THAT(complaint(bundle({a}, "{")), HasSubstr("is not a slurm-factory manifest"));
    EXPECT_THAT(complaint(bundle({a}, manifest_of({a}, "../x"))), HasSubstr("no slurm_version"));
    const auto whole = bundle({a}, manifest_of({a}));
    EXPECT_THAT(complaint(whole.substr(0, whole.size() - 3)), HasSubstr("damaged"));
    EXPECT_THAT(complaint(whole + "more"), HasSubstr("damaged"));
    EXPECT_THAT(complaint(bundle({member({{"../../etc/x", "x"}}, GetParam())}, manifest_of({a}))),
                HasSubstr("does not lie below software/"));
}

TEST_P(ArchiveTest, TheSumBesideIsLookedAt)
{
    const auto a = member({{"bin/a", "a"}}, GetParam());
    const auto bytes = bundle({a}, manifest_of({a}));
    const auto beside = directory_.path() / "a.tar.sha256";
    EXPECT_TRUE(util::write_file_atomic(beside, util::sha256(bytes).to_hex() + "  a.tar\n"));
    EXPECT_TRUE(read(bytes));
    EXPECT_TRUE(util::write_file_atomic(beside, util::sha256("x").to_hex() + "  a.tar\n"));
    EXPECT_THAT(complaint(bytes), HasSubstr("damaged or replaced"));
    EXPECT_TRUE(util::write_file_atomic(beside, "nonsense\n"));
    EXPECT_THAT(complaint(bytes), HasSubstr("a.tar.sha256 says something else"));
}

INSTANTIATE_TEST_SUITE_P(Codings, ArchiveTest, ::testing::Values(store::Coding::gzip, store::Coding::zstd));

} // namespace
} // namespace sf::deploy
