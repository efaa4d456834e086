#include "bundle/bundle.hpp"

#include "util/fs.hpp"
#include "util/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <optional>

namespace sf::bundle {
namespace {

namespace stdfs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class BundleTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "sf-bundle");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
    }

    const stdfs::path& root() const { return directory_->path(); }
    store::LayerStore layers() const { return store::LayerStore(root() / "layers"); }

    /// A package whose run slice has the files, each with its path as contents.
    Package package(const std::string& name, const std::vector<std::string>& files) const
    {
        const auto tree = root() / "tree";
        EXPECT_TRUE(util::make_directories(tree));
        for (const auto& file : files)
            EXPECT_TRUE(util::write_file_atomic(tree / file, name + " " + file + "\n"));
        auto info = layers().add(tree);
        EXPECT_TRUE(info) << util::to_string(info.error());
        const auto none = util::sha256("");
        return {name,
                "1.0",
                "MIT",
                "https://example.org/" + name,
                {{"shared", "true"}, {"docs", "false"}, {"fabric", "ucx"}},
                "apt:" + name + "=1.0",
                util::sha256(name).to_hex(),
                util::sha256("key of " + name),
                {info->digest, none, none},
                {{"lib/" + name + "/*", "never read"}}};
    }

    Request request(std::vector<Package> packages) const
    {
        return {"slurm-24.11", "24.11", std::move(packages),   "bookworm",       util::sha256("image").to_hex(),
                "x86_64",      "0.1.0", "/opt/slurm/software", root() / "builds"};
    }

    Request small_request() const
    {
        return request({package("munge", {"bin/munge", "lib/libmunge.so.2"}), package("slurm", {"bin/srun"})});
    }

    Bundle write(const Request& what) const
    {
        auto made = write_bundle(what, layers(), {});
        EXPECT_TRUE(made) << util::to_string(made.error());
        return std::move(made).value();
    }

    /// What a shell command prints; it runs in the directory of the bundle.
    std::string shell(const std::string& command) const
    {
        util::Command run;
        run.argv = {"sh", "-ec", command};
        run.directory = root() / "builds";
        run.environment_changes = {{"LC_ALL", "C"}, {"TZ", "UTC"}};
        const auto output = util::run_checked(run);
        EXPECT_TRUE(output) << util::to_string(output.error());
        return output ? *output : std::string();
    }

    std::optional<util::TempDir> directory_;
};

TEST_F(BundleTest, TheSoftwareTarballIsOneArchive)
{
    const auto made = write(small_request());
    EXPECT_EQ(made.software.front().path, root() / "builds" / "slurm-24.11-software.tar.gz");
    shell("gzip -t slurm-24.11-software.tar.gz");
    EXPECT_EQ(shell("tar -tzf slurm-24.11-software.tar.gz | sort -u"),
              "software/\nsoftware/bin/\nsoftware/bin/munge\nsoftware/bin/srun\nsoftware/lib/\n"
              "software/lib/libmunge.so.2\nsoftware/share/\nsoftware/share/slurm-factory/\n"
              "software/share/slurm-factory/manifest.json\n");
    EXPECT_EQ(shell("tar -xzf slurm-24.11-software.tar.gz && cat software/bin/munge software/bin/srun"),
              "munge bin/munge\nslurm bin/srun\n");
    shell("cmp software/share/slurm-factory/manifest.json slurm-24.11-manifest.json");
    EXPECT_EQ(shell("gzip -dc slurm-24.11-software.tar.gz | tail -c 1024 | tr -d '\\000' | wc -c | tr -d ' '"), "0\n");
    EXPECT_EQ(shell("tar --version >/dev/null; tar -tvzf slurm-24.11-software.tar.gz --full-time software/bin/srun | "
                    "tr -s ' '"),
              "-rw-r--r-- 0/0 15 2020-01-01 00:00:00 software/bin/srun\n");
}

TEST_F(BundleTest, TheZstdTarballHoldsTheSame)
{
    auto what = small_request();
    what.archives = {Archive::gz, Archive::zst};
    what.jobs = 3;
    const auto made = write(what);
    ASSERT_EQ(made.software.size(), 2U);
    EXPECT_EQ(made.software[0].path, software_path(what, Archive::gz));
    EXPECT_EQ(made.software[1].path, root() / "builds" / "slurm-24.11-software.tar.zst");
    shell("zstd -tq slurm-24.11-software.tar.zst && gzip -dc slurm-24.11-software.tar.gz > gz.tar && "
          "zstd -dcq slurm-24.11-software.tar.zst | cmp - gz.tar");
    EXPECT_EQ(shell("mkdir out && tar -C out --zstd -xf slurm-24.11-software.tar.zst && cat out/software/bin/srun"),
              "slurm bin/srun\n");
    EXPECT_EQ(shell("sha256sum -c slurm-24.11-software.tar.zst.sha256"), "slurm-24.11-software.tar.zst: OK\n");
    EXPECT_EQ(*util::sha256_file(made.software[1].path), made.software[1].sha256);
}

TEST_F(BundleTest, OnlyTheArchivesAskedForAreWritten)
{
    auto what = small_request();
    what.archives = {Archive::zst};
    what.jobs = 0;
    const auto alone = write(what);
    ASSERT_EQ(alone.software.size(), 1U);
    EXPECT_FALSE(stdfs::exists(software_path(what, Archive::gz)));
    EXPECT_EQ(bundle_key(what), bundle_key(small_request())) << "each archive has its bytes whatever else is made";

    auto both = what;
    both.archives = {Archive::gz, Archive::zst};
    EXPECT_EQ(write(both).software[1].sha256, alone.software.front().sha256);
}

TEST_F(BundleTest, AFrameThatCannotBeMadeNamesThePackage)
{
    auto what = small_request();
    what.archives = {Archive::zst};
    const auto file = layers().tree(what.packages[1].layers.run) / "bin" / "srun";
    ASSERT_TRUE(util::write_file_atomic(file, "tampered"));
    const auto made = write_bundle(what, layers(), {});
    ASSERT_FALSE(made);
    EXPECT_THAT(util::to_string(made.error()), HasSubstr("packing slurm"));
    EXPECT_FALSE(stdfs::exists(software_path(what, Archive::zst)));
}

TEST_F(BundleTest, MakingFramesCanBeInterrupted)
{
    auto what = small_request();
    what.archives = {Archive::zst};
    what.jobs = 2;
    const auto source = util::StopSource::make();
    ASSERT_TRUE(source);
    source->request_stop();
    const auto made = write_bundle(what, layers(), source->token());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, util::ErrorCode::interrupted);
    EXPECT_FALSE(stdfs::exists(software_path(what, Archive::zst)));
}

TEST_F(BundleTest, ChecksumsSuitSha256sum)
{
    const auto made = write(small_request());
    const auto output = shell("sha256sum -c *.sha256");
    EXPECT_EQ(output,
              "slurm-24.11-manifest.json: OK\nslurm-24.11-module.tar.gz: OK\nslurm-24.11-software.tar.gz: OK\n");
    for (const auto& artifact : {made.software.front(), made.module, made.manifest}) {
        EXPECT_EQ(*util::sha256_file(artifact.path), artifact.sha256);
        EXPECT_EQ(stdfs::file_size(artifact.path), artifact.bytes);
    }
}

TEST_F(BundleTest, TheSameRequestGivesTheSameBytes)
{
    const auto what = small_request();
    const auto first = write(what);
    const auto second = write(what);
    EXPECT_EQ(first.software.front().sha256, second.software.front().sha256);
    EXPECT_EQ(first.module.sha256, second.module.sha256);
    EXPECT_EQ(first.manifest.sha256, second.manifest.sha256);
    EXPECT_EQ(shell("ls | wc -l | tr -d ' '"), "6\n") << "nothing temporary is left";
}

TEST_F(BundleTest, TheManifestSaysWhatIsInside)
{
    const auto what = small_request();
    const auto made = write(what);
    const auto text = util::read_file(made.manifest.path);
    ASSERT_TRUE(text);
    const auto json = nlohmann::ordered_json::parse(*text);
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items())
        keys.push_back(key);
    EXPECT_THAT(keys, ::testing::ElementsAre("schema", "name", "series", "slurm_version", "target", "image", "tool",
                                             "default_prefix", "packages"));
    EXPECT_EQ(json["schema"], 1);
    EXPECT_EQ(json["slurm_version"], "1.0");
    EXPECT_EQ(json["tool"]["version"], "0.1.0");
    EXPECT_EQ(json["image"]["name"], "bookworm");
    ASSERT_EQ(json["packages"].size(), 2U);
    const auto& munge = json["packages"][0];
    EXPECT_EQ(munge["name"], "munge");
    EXPECT_EQ(munge["files"], 2);
    EXPECT_EQ(munge["bytes"], 16 + 24);
    EXPECT_EQ(munge["variants"]["fabric"], "ucx");
    EXPECT_EQ(munge["layers"]["run"], what.packages[0].layers.run.to_hex());
    EXPECT_EQ(munge["relocation"][0]["path"], "lib/munge/*");
    EXPECT_EQ(munge["relocation"][0]["reason"], "never read");
    EXPECT_THAT(*text, Not(HasSubstr(root().string()))) << "nothing of this machine";
}

TEST_F(BundleTest, TheKeyFollowsWhatDecidesTheBytes)
{
    const auto what = small_request();
    const auto key = bundle_key(what);
    EXPECT_EQ(bundle_key(what), key);
    auto other = what;
    other.output = "/elsewhere";
    EXPECT_EQ(bundle_key(other), key) << "the place does not decide the bytes";
    const std::vector<std::function<void(Request&)>> changes{
        [](Request& r) { r.name += "x"; },
        [](Request& r) { r.series += "x"; },
        [](Request& r) { r.target += "x"; },
        [](Request& r) { r.image += "x"; },
        [](Request& r) { r.image_digest += "x"; },
        [](Request& r) { r.tool_version += "x"; },
        [](Request& r) { r.default_prefix += "x"; },
        [](Request& r) { r.packages.pop_back(); },
        [](Request& r) { r.packages[0].layers.run = util::sha256("other"); },
        [](Request& r) { r.packages[0].variants["docs"] = "true"; },
        [](Request& r) { r.packages[0].relocation[0].reason += "x"; },
        [](Request& r) { r.packages[0].source_sha256 += "x"; },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        other = what;
        changes[i](other);
        EXPECT_NE(bundle_key(other), key) << "change " << i;
    }
}

TEST_F(BundleTest, ALayerThatIsNotThereIsAnErrorThatNamesThePackage)
{
    auto what = small_request();
    what.packages[0].layers.run = util::sha256("not there");
    const auto made = write_bundle(what, layers(), {});
    ASSERT_FALSE(made);
    EXPECT_THAT(util::to_string(made.error()), HasSubstr("munge"));
    EXPECT_FALSE(stdfs::exists(root() / "builds" / "slurm-24.11-software.tar.gz"));
}

TEST_F(BundleTest, AFailureLeavesTheOldFile)
{
    const auto what = small_request();
    const auto before = write(what).software.front().sha256;
    ASSERT_TRUE(util::remove_tree(layers().member(what.packages[1].layers.run)));
    EXPECT_FALSE(write_bundle(what, layers(), {}));
    EXPECT_EQ(*util::sha256_file(root() / "builds" / "slurm-24.11-software.tar.gz"), before);
    EXPECT_EQ(shell("ls | wc -l | tr -d ' '"), "6\n") << "nothing temporary is left";
}

TEST_F(BundleTest, FindsPathsThatTwoPackagesOwn)
{
    EXPECT_TRUE(check_conflicts(small_request(), layers()));
    const auto status = check_conflicts(
        request({package("one", {"bin/tool", "lib/x", "share/a"}), package("two", {"bin/tool", "lib/x/y", "share/b"})}),
        layers());
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, util::ErrorCode::conflict);
    EXPECT_THAT(status.error().message, HasSubstr("bin/tool: one and two"));
    EXPECT_THAT(status.error().message, HasSubstr("lib/x: a file of one and a directory of two"));
    EXPECT_THAT(status.error().message, Not(HasSubstr("share")));
    const auto own = check_conflicts(request({package("one", {"share/slurm-factory/manifest.json"})}), layers());
    ASSERT_FALSE(own);
    EXPECT_THAT(own.error().message, HasSubstr("slurm-factory and one"));
}

TEST_F(BundleTest, ALinkWhereAnotherHasADirectoryIsAConflict)
{
    ASSERT_TRUE(util::make_directories(root() / "tree"));
    ASSERT_EQ(::symlink("lib", (root() / "tree" / "lib64").c_str()), 0);
    const auto link = package("one", {"lib/a"});
    const auto status = check_conflicts(request({link, package("two", {"lib64/b"})}), layers());
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message, HasSubstr("lib64: a file of one and a directory of two"));
}

TEST_F(BundleTest, LongListsOfConflictsAreCut)
{
    std::vector<std::string> files;
    for (int i = 0; i < 30; ++i)
        files.push_back(fmt::format("bin/tool{:02}", i));
    const auto status = check_conflicts(request({package("one", files), package("two", files)}), layers());
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message, HasSubstr("and 10 more"));
}

TEST_F(BundleTest, TheModuleTarballHoldsAFileForEachTool)
{
    const auto what = small_request();
    write(what);
    EXPECT_EQ(shell("tar -tzf slurm-24.11-module.tar.gz"), "slurm/24.11\nslurm/24.11.lua\n");
    for (const auto& [path, text] : module_files(what))
        EXPECT_EQ(shell("tar -xzOf slurm-24.11-module.tar.gz " + path), text) << path;
}

TEST_F(BundleTest, TheModuleFilesQuoteWhatTheyAreGiven)
{
    auto what = small_request();
    what.packages[1].license = "a \"b\" \\ c\nd $e [f] {g";
    what.packages[1].variants = {{"pmix", "true"}, {"gtk", "false"}, {"fabric", "ucx"}};
    const auto files = module_files(what);
    ASSERT_EQ(files.size(), 2U);
    EXPECT_THAT(files[0].text, HasSubstr(R"(module-whatis "License: a \"b\" \\ c\nd \$e \[f\] \{g")"));
    EXPECT_THAT(files[0].text, HasSubstr(R"(pushenv SLURM_BUILD_VARIANTS "fabric=ucx ~gtk +pmix")"));
    EXPECT_THAT(files[1].text, HasSubstr(R"(whatis("License: a \"b\" \\ c\nd $e [f] {g"))"));
    EXPECT_THAT(files[1].text, HasSubstr(R"(pushenv("SLURM_BUILD_VARIANTS", "fabric=ucx ~gtk +pmix"))"));
    write(what);
    shell("tar -xzf slurm-24.11-module.tar.gz");
    if (util::find_program("lua"))
        shell("lua -e 'assert(loadfile(\"slurm/24.11.lua\"))'");
    if (util::find_program("tclsh")) { // with nothing of Environment Modules but the licence's line
        ASSERT_TRUE(util::write_file_atomic(root() / "builds" / "run.tcl", R"tcl(
proc unknown {command args} {
    if {$command eq "module-whatis" && [string match License* [lindex $args 0]]} { puts [lindex $args 0] }
    return 0
}
source slurm/24.11
)tcl"));
        EXPECT_EQ(shell("tclsh run.tcl"), "License: a \"b\" \\ c\nd $e [f] {g\n");
    }
}

TEST_F(BundleTest, TheModuleKnowsTheTreeOfItsSeries)
{
    const auto files = module_files(small_request());
    EXPECT_THAT(files[0].text,
                HasSubstr(R"(set default_trees [list "/opt/slurm/24.11/software" "/opt/slurm/software"])"));
    EXPECT_THAT(files[1].text,
                HasSubstr(R"(local default_trees = {"/opt/slurm/24.11/software", "/opt/slurm/software"})"));
}

} // namespace
} // namespace sf::bundle
