#include "cache/import.hpp"

#include "fixture.hpp"
#include "store/tar_header.hpp"
#include "util/process/process.hpp"

#include <sys/stat.h>
#include <zlib.h>

namespace sf::cache::testing {
namespace {

using store::TarType;
using ::testing::HasSubstr;

/// One entry as a hostile hand may have written it.
struct Raw {
    std::string path;
    char type = '0';
    std::string mode = "0000644";
    std::string target{};
    std::string bytes{};
};

std::string raw_entry(const Raw& raw)
{
    auto header = store::tar_header({"x", TarType::file, false, raw.bytes.size(), {}});
    const auto put = [&](std::size_t offset, std::size_t size, const std::string& text) {
        header.replace(offset, size, (text + std::string(size, '\0')).substr(0, size));
    };
    put(0, 100, raw.path);
    put(100, 8, raw.mode);
    put(156, 1, std::string(1, raw.type));
    put(157, 100, raw.target);
    put(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : header.substr(0, store::tar_block))
        sum += static_cast<unsigned char>(c);
    put(148, 8, fmt::format("{:06o}", sum));
    return header + raw.bytes + std::string(store::tar_padding(raw.bytes.size()));
}

std::string gzip(const std::string& plain)
{
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, plain.size()) + 100, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

const Raw top{.path = "software/", .type = '5', .mode = "0000755"};

class ImportTest : public CacheTest {
protected:
    ImportTest() { must(util::make_directories(other_layers().directory())); }

    [[nodiscard]] stdfs::path blob_file() const { return other_layers().directory() / "blob"; }

    /// Imports bytes into the other store, as what they say they are.
    util::Result<store::LayerInfo> import(const std::string& blob, const util::Digest& diff_id, std::uint64_t tar_bytes,
                                          store::Coding coding = store::Coding::gzip,
                                          store::Effort effort = store::Effort::strong)
    {
        must(util::write_file_atomic(blob_file(), blob));
        const LayerBlob layer{{layer_media_type(coding), util::sha256(blob), blob.size()}, diff_id, tar_bytes};
        auto store = other_layers();
        return import_layer(store, layer, effort, blob_file(), never_);
    }

    util::Result<store::LayerInfo> import_tar(const std::string& tar)
    {
        return import(gzip(tar), util::sha256(tar), tar.size());
    }

    /// The error of a tar of these entries, whose sums are all as promised.
    std::string refusal(const std::vector<Raw>& entries, bool with_top = true)
    {
        auto tar = with_top ? raw_entry(top) : std::string();
        for (const auto& entry : entries)
            tar += raw_entry(entry);
        const auto imported = import_tar(tar + std::string(store::tar_end()));
        expect_nothing_left();
        if (imported)
            return "taken";
        EXPECT_EQ(imported.error().code, util::ErrorCode::verify) << util::to_string(imported.error());
        return imported.error().message;
    }

    void expect_nothing_left() const
    {
        EXPECT_TRUE(stdfs::is_empty(other_layers().directory()));
        EXPECT_FALSE(stdfs::exists(root() / "evil"));
    }

    [[nodiscard]] std::string blob_bytes(const BlobSource& blob) const
    {
        return must(blob.read(0, blob.descriptor().size));
    }

    Packed packed_ = must(pack(layers(), make_action("munge", 300'000), store::Coding::gzip, never_));
    const LayerBlob& run_ = packed_.entry.layers.front();
    std::string run_bytes_ = blob_bytes(packed_.blobs.at(1));
};

TEST_F(ImportTest, GivesTheSameLayerWithTheSameMember)
{
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& layer = packed_.entry.layers.at(i);
        const auto info = import(blob_bytes(packed_.blobs.at(i + 1)), layer.diff_id, layer.tar_bytes);
        ASSERT_TRUE(info) << util::to_string(info.error());
        EXPECT_EQ(info->digest, layer.diff_id);
        EXPECT_EQ(must(util::read_file(other_layers().member(layer.diff_id))),
                  must(util::read_file(layers().member(layer.diff_id))));
        const auto before = must(layers().info(layer.diff_id));
        const auto after = must(other_layers().info(layer.diff_id));
        EXPECT_EQ(after.gz_bytes, before.gz_bytes);
        EXPECT_EQ(after.tree_bytes, before.tree_bytes);
        EXPECT_EQ(after.files, before.files);
        EXPECT_EQ(must(other_layers().file_list(layer.diff_id)), must(layers().file_list(layer.diff_id)));
    }
    const auto tree = other_layers().tree(run_.diff_id);
    struct stat status = {};
    ASSERT_EQ(::stat((tree / "bin" / "program").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0755U);
    EXPECT_EQ(status.st_mtime, store::source_date_epoch);
    EXPECT_FALSE(stdfs::exists(blob_file()));
    const auto again = import(run_bytes_, run_.diff_id, run_.tar_bytes);
    EXPECT_TRUE(again);
    EXPECT_FALSE(stdfs::exists(blob_file()));
}

TEST_F(ImportTest, TakesAZstdFrameAsItIs)
{
    const auto packed = must(pack(layers(), packed_.entry.action, store::Coding::zstd, never_));
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& layer = packed.entry.layers.at(i);
        const auto effort = i == 0 ? store::Effort::strong : store::Effort::quick; // as make_action() has it
        const auto info =
            import(blob_bytes(packed.blobs.at(i + 1)), layer.diff_id, layer.tar_bytes, store::Coding::zstd, effort);
        ASSERT_TRUE(info) << util::to_string(info.error());
        EXPECT_EQ(must(util::read_file(must(other_layers().zst_member(layer.diff_id, never_)))),
                  must(util::read_file(must(layers().zst_member(layer.diff_id, never_)))));
        EXPECT_EQ(must(util::read_file(other_layers().member(layer.diff_id))),
                  must(util::read_file(layers().member(layer.diff_id))))
            << "the gzip member is made anew";
    }
    const auto again = must(pack(other_layers(), packed.entry.action, store::Coding::zstd, never_));
    EXPECT_EQ(again.manifest, packed.manifest) << "who pulled an entry has it, in either compression";
    EXPECT_EQ(must(pack(other_layers(), packed.entry.action, store::Coding::gzip, never_)).manifest, packed_.manifest);
}

TEST_F(ImportTest, DamagedZstdLeavesNothing)
{
    const auto packed = must(pack(layers(), packed_.entry.action, store::Coding::zstd, never_));
    const auto bytes = blob_bytes(packed.blobs.at(1));
    const auto refused = [&](const std::string& blob, store::Coding coding) {
        const auto info = import(blob, run_.diff_id, run_.tar_bytes, coding);
        expect_nothing_left();
        return !info && info.error().code == util::ErrorCode::verify;
    };
    auto flipped = bytes;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x10);
    EXPECT_TRUE(refused(flipped, store::Coding::zstd));
    EXPECT_TRUE(refused(bytes.substr(0, bytes.size() / 2), store::Coding::zstd));
    EXPECT_TRUE(refused(bytes + "!", store::Coding::zstd));
    EXPECT_TRUE(refused(bytes, store::Coding::gzip)) << "a media type that is not its own";
    EXPECT_TRUE(refused(run_bytes_, store::Coding::zstd));
}

TEST_F(ImportTest, TakesWhatAnotherToolCompressedAnew)
{
    const auto file = root() / "blob.gz";
    must(util::write_file_atomic(file, run_bytes_));
    util::Command again;
    again.argv = {"sh", "-c", "gzip -dc <\"$1\" >\"$1.tar\"", "sh", file.string()};
    must(util::run_checked(again));
    const auto tar = must(util::read_file(file.string() + ".tar"));
    const auto info = import_tar(tar);
    ASSERT_TRUE(info) << util::to_string(info.error());
    EXPECT_EQ(info->digest, run_.diff_id);
    EXPECT_TRUE(pack(other_layers(),
                     {packed_.entry.action.key, "a", "1", {run_.diff_id, run_.diff_id, run_.diff_id}, 0, 0, 0, {}, {}},
                     store::Coding::gzip, never_));
}

TEST_F(ImportTest, DamagedBytesLeaveNothing)
{
    const auto refused = [&](const std::string& bytes) {
        const auto info = import(bytes, run_.diff_id, run_.tar_bytes);
        expect_nothing_left();
        return !info && info.error().code == util::ErrorCode::verify;
    };
    EXPECT_TRUE(refused(""));
    EXPECT_TRUE(refused("not gzip"));
    for (const auto size :
         {std::size_t{5}, std::size_t{20}, run_bytes_.size() / 2, run_bytes_.size() - 40, run_bytes_.size() - 1})
        EXPECT_TRUE(refused(run_bytes_.substr(0, size))) << size;
    for (std::size_t at = 0; at < run_bytes_.size(); at += run_bytes_.size() / 37) {
        auto flipped = run_bytes_;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
        const auto info = import(flipped, run_.diff_id, run_.tar_bytes);
        // Some bits of a gzip header mean nothing; then it is the layer all the same.
        EXPECT_TRUE(!info || info->digest == run_.diff_id) << at;
        if (info)
            must(util::remove_tree(other_layers().directory() / run_.diff_id.to_hex()));
        expect_nothing_left();
    }
    EXPECT_TRUE(refused(run_bytes_ + "!"));
    EXPECT_TRUE(refused(run_bytes_ + run_bytes_));
    EXPECT_TRUE(refused(blob_bytes(packed_.blobs.at(2)))) << "another layer";
    EXPECT_TRUE(import(run_bytes_, run_.diff_id, run_.tar_bytes));
}

TEST_F(ImportTest, ABombIsStopped)
{
    const auto bomb = gzip(std::string(std::size_t{64} << 20U, '\0'));
    const auto info = import(bomb, util::sha256("x"), 10'000);
    ASSERT_FALSE(info);
    EXPECT_THAT(info.error().message, HasSubstr("larger than"));
    expect_nothing_left();
    const auto short_of = import(run_bytes_, run_.diff_id, run_.tar_bytes - 512);
    EXPECT_FALSE(short_of);
    const auto beyond = import(run_bytes_, run_.diff_id, run_.tar_bytes + 512);
    EXPECT_FALSE(beyond);
    expect_nothing_left();
}

TEST_F(ImportTest, RefusesWhatLiesElsewhere)
{
    for (const std::string path : {"/software/a", "/etc/passwd", "../evil", "software/../../evil", "software/../evil",
                                   "evil", "softwarex/a", "software//a", "software/./a", "software/.."})
        EXPECT_NE(refusal({{.path = path}}), "taken") << path;
    EXPECT_THAT(refusal({{.path = "software/no/such/directory"}}), HasSubstr("before its directory"));
    EXPECT_NE(refusal({{.path = "software/a"}}, false), "taken") << "without a top";
    EXPECT_NE(refusal({}, false), "taken");
    EXPECT_NE(refusal({{.path = "software"}}, false), "taken") << "a file as the top";
    EXPECT_NE(refusal({{.path = "software", .type = '2', .target = "/tmp"}}, false), "taken");
}

TEST_F(ImportTest, RefusesLinksOutOfTheTree)
{
    const auto link = [](const std::string& path, const std::string& target) {
        return Raw{.path = path, .type = '2', .mode = "0000755", .target = target};
    };
    const Raw directory{.path = "software/d/", .type = '5', .mode = "0000755"};
    for (const std::string target : {"/etc/passwd", "..", "../evil", "a/../../evil", "./.."})
        EXPECT_THAT(refusal({link("software/l", target)}), HasSubstr("out of the tree")) << target;
    EXPECT_THAT(refusal({directory, link("software/d/l", "../../evil")}), HasSubstr("out of the tree"));
    EXPECT_THAT(refusal({directory, link("software/d/up", ".."), link("software/e", "d/up/../evil")}),
                HasSubstr("climbs"));
    EXPECT_THAT(
        refusal({link("software/a", "d"), directory, link("software/d/b", ".."), link("software/e", "a/b/../x")}),
        HasSubstr("climbs"));
    EXPECT_THAT(refusal({link("software/l", "d"), {.path = "software/l/file"}}), HasSubstr("lies in something else"));
    EXPECT_THAT(refusal({link("software/l", "/tmp"), {.path = "software/l"}}), HasSubstr("out of the tree"));
    EXPECT_THAT(refusal({link("software/l", "d"), {.path = "software/l"}}), HasSubstr("twice"));
}

TEST_F(ImportTest, RefusesWhatNoLayerHas)
{
    EXPECT_THAT(
        refusal({{.path = "software/a", .bytes = "x"}, {.path = "software/b", .type = '1', .target = "software/a"}}),
        HasSubstr("hard link"));
    for (const char type : {'3', '4', '6'})
        EXPECT_THAT(refusal({{.path = "software/a", .type = type}}), HasSubstr("device")) << type;
    for (const std::string mode : {"0004755", "0002755", "0001755", "0000777", "0000600"})
        EXPECT_THAT(refusal({{.path = "software/a", .mode = mode}}), HasSubstr("mode")) << mode;
    EXPECT_THAT(refusal({{.path = "software/d/", .type = '5', .mode = "0002755"}}), HasSubstr("mode"));
    EXPECT_THAT(refusal({{.path = "software/a"}, {.path = "software/a"}}), HasSubstr("twice"));
    EXPECT_THAT(refusal({top}), HasSubstr("twice"));
    EXPECT_THAT(refusal({{.path = "software/\x1B[31m", .mode = "0004755"}}), HasSubstr("?[31m"));
}

TEST_F(ImportTest, RefusesWhatIsNotCanonical)
{
    const Raw a{.path = "software/a", .bytes = "a"};
    const Raw b{.path = "software/b", .bytes = "b"};
    EXPECT_THAT(refusal({b, a}), HasSubstr("canonical")) << "the order";
    // The header of raw_entry() is canonical but for what is asked of it.
    const auto tar = raw_entry(top) + raw_entry(a) + raw_entry(b) + std::string(store::tar_end());
    EXPECT_NE(refusal({a, b, {.path = "software/c", .mode = "0000644", .target = "target of a file"}}), "taken");
    EXPECT_FALSE(import_tar(tar + std::string(512, '\0'))) << "a longer end";
    expect_nothing_left();
}

TEST_F(ImportTest, PullsALayerOnce)
{
    const auto remote = must(open_remote((root() / "cache").string(), {}));
    must(remote->push(packed_, "", never_));
    auto store = other_layers();
    const auto pulled = pull_layer(*remote, run_, store::Effort::strong, store, never_, {});
    ASSERT_TRUE(pulled) << util::to_string(pulled.error());
    EXPECT_TRUE(store.contains(run_.diff_id));
    must(util::remove_tree(root() / "cache"));
    EXPECT_TRUE(pull_layer(*remote, run_, store::Effort::strong, store, never_, {}))
        << "nothing is asked for what is there";
    EXPECT_TRUE(stdfs::is_empty(store.directory() / "incoming"));
}

TEST_F(ImportTest, AStopLeavesWhatTheNextTryCanUse)
{
    const auto stopper = must(util::StopSource::make());
    stopper.request_stop();
    must(util::write_file_atomic(blob_file(), run_bytes_));
    auto store = other_layers();
    const auto stopped = import_layer(store, run_, store::Effort::strong, blob_file(), stopper.token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, util::ErrorCode::interrupted);
    EXPECT_EQ(must(util::read_file(blob_file())), run_bytes_);
    EXPECT_TRUE(import_layer(store, run_, store::Effort::strong, blob_file(), never_));
}

} // namespace
} // namespace sf::cache::testing
