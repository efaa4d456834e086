#include "bundle/bundle.hpp"

#include "util/files/fs.hpp"
#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
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
    BundledPackage package(const std::string& name, const std::vector<std::string>& files) const
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
                "",
                util::sha256("key of " + name),
                {info->digest, none, none},
                {},
                {{"recipe.patch", "00ff"}},
                {{"lib/" + name + "/*", "never read"}},
                {},
                {},
                {{"bind-now", "lib/" + name + "/*", "plugins"}}};
    }

    BundleRequest request(std::vector<BundledPackage> packages) const
    {
        if (packages.size() > 1)
            packages.back().dependencies = {packages.front().name};
        return {"slurm-24.11",
                "24.11",
                "slurm@24.11",
                std::move(packages),
                "bookworm",
                util::sha256("image").to_hex(),
                "x86_64",
                "0.1.0",
                "/opt/slurm/software",
                root() / "builds"};
    }

    BundleRequest small_request() const
    {
        return request({package("munge", {"bin/munge", "lib/libmunge.so.2"}), package("slurm", {"bin/srun"})});
    }

    Bundle write(const BundleRequest& what) const
    {
        auto made = write_bundle(what, layers(), {}, {});
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

    /// The only artifact of that kind.
    static Artifact one(const Bundle& bundle, Kind kind)
    {
        Bundle found;
        std::copy_if(bundle.begin(), bundle.end(), std::back_inserter(found),
                     [kind](const Artifact& artifact) { return artifact.kind == kind; });
        EXPECT_EQ(found.size(), 1U);
        return found.at(0);
    }

    static nlohmann::ordered_json json_of(const Artifact& artifact)
    {
        const auto text = util::read_file(artifact.path);
        EXPECT_TRUE(text);
        return nlohmann::ordered_json::parse(text ? *text : "{}");
    }

    /// The keys of a request's outputs, by file name.
    static std::map<std::string, util::Digest> keys(const BundleRequest& request)
    {
        std::map<std::string, util::Digest> all;
        for (const auto& output : outputs(request))
            all.emplace(output.path.filename().string(), output.key);
        return all;
    }

    std::optional<util::TempDir> directory_;
};

TEST_F(BundleTest, TheSoftwareTarballIsOneArchive)
{
    const auto made = write(small_request());
    EXPECT_EQ(one(made, Kind::software).path, root() / "builds" / "slurm-24.11-software.tar.gz");
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
    ASSERT_GE(made.size(), 2U);
    EXPECT_EQ(made[0].path, root() / "builds" / "slurm-24.11-software.tar.gz");
    EXPECT_EQ(made[1].path, root() / "builds" / "slurm-24.11-software.tar.zst");
    shell("zstd -tq slurm-24.11-software.tar.zst && gzip -dc slurm-24.11-software.tar.gz > gz.tar && "
          "zstd -dcq slurm-24.11-software.tar.zst | cmp - gz.tar");
    EXPECT_EQ(shell("mkdir out && tar -C out --zstd -xf slurm-24.11-software.tar.zst && cat out/software/bin/srun"),
              "slurm bin/srun\n");
    EXPECT_EQ(shell("sha256sum -c slurm-24.11-software.tar.zst.sha256"), "slurm-24.11-software.tar.zst: OK\n");
    EXPECT_EQ(*util::sha256_file(made[1].path), made[1].sha256);
}

TEST_F(BundleTest, OnlyTheArchivesAskedForAreWritten)
{
    auto what = small_request();
    what.archives = {Archive::zst};
    what.jobs = 0;
    const auto alone = write(what);
    EXPECT_FALSE(stdfs::exists(root() / "builds" / "slurm-24.11-software.tar.gz"));
    EXPECT_EQ(keys(what).at("slurm-24.11-software.tar.zst"), keys(small_request()).at("slurm-24.11-software.tar.gz"))
        << "each archive has its bytes whatever else is made";
    EXPECT_NE(keys(what).at("slurm-24.11-provenance.json"), keys(small_request()).at("slurm-24.11-provenance.json"))
        << "which names what was made";

    auto both = what;
    both.archives = {Archive::gz, Archive::zst};
    EXPECT_EQ(write(both)[1].sha256, one(alone, Kind::software).sha256);
}

TEST_F(BundleTest, AFrameThatCannotBeMadeNamesThePackage)
{
    auto what = small_request();
    what.archives = {Archive::zst};
    const auto file = layers().tree(what.packages[1].layers.run) / "bin" / "srun";
    ASSERT_TRUE(util::write_file_atomic(file, "tampered"));
    const auto made = write_bundle(what, layers(), {}, {});
    ASSERT_FALSE(made);
    EXPECT_THAT(util::to_string(made.error()), HasSubstr("packing slurm"));
    EXPECT_FALSE(stdfs::exists(root() / "builds" / "slurm-24.11-software.tar.zst"));
}

TEST_F(BundleTest, MakingFramesCanBeInterrupted)
{
    auto what = small_request();
    what.archives = {Archive::zst};
    what.jobs = 2;
    const auto source = util::StopSource::make();
    ASSERT_TRUE(source);
    source->request_stop();
    const auto made = write_bundle(what, layers(), {}, source->token());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, util::ErrorCode::interrupted);
    EXPECT_FALSE(stdfs::exists(root() / "builds" / "slurm-24.11-software.tar.zst"));
}

TEST_F(BundleTest, ChecksumsSuitSha256sum)
{
    const auto made = write(small_request());
    const auto output = shell("sha256sum -c *.sha256");
    EXPECT_EQ(output, "slurm-24.11-manifest.json: OK\nslurm-24.11-module.tar.gz: OK\n"
                      "slurm-24.11-provenance.json: OK\nslurm-24.11-sbom.cdx.json: OK\n"
                      "slurm-24.11-sbom.spdx.json: OK\nslurm-24.11-software.tar.gz: OK\n");
    for (const auto& artifact : made) {
        EXPECT_EQ(*util::sha256_file(artifact.path), artifact.sha256);
        EXPECT_EQ(stdfs::file_size(artifact.path), artifact.bytes);
    }
}

TEST_F(BundleTest, TheSameRequestGivesTheSameBytes)
{
    const auto what = small_request();
    const auto first = write(what);
    const auto second = write(what);
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i)
        EXPECT_EQ(first[i].sha256, second[i].sha256) << first[i].path;
    EXPECT_EQ(shell("ls | wc -l | tr -d ' '"), "12\n") << "nothing temporary is left";
}

TEST_F(BundleTest, TheManifestSaysWhatIsInside)
{
    auto what = small_request();
    what.hardening = "strict";
    what.glibc = "2.28";
    const auto made = write(what);
    const auto text = util::read_file(one(made, Kind::manifest).path);
    ASSERT_TRUE(text);
    const auto json = nlohmann::ordered_json::parse(*text);
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items())
        keys.push_back(key);
    EXPECT_THAT(keys, ::testing::ElementsAre("schema", "name", "series", "slurm_version", "target", "hardening",
                                             "glibc", "image", "tool", "default_prefix", "packages"));
    EXPECT_EQ(json["hardening"], "strict");
    EXPECT_EQ(json["glibc"], "2.28");
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
    EXPECT_EQ(munge["hardening"][0]["what"], "bind-now");
    EXPECT_EQ(munge["hardening"][0]["path"], "lib/munge/*");
    EXPECT_EQ(munge["hardening"][0]["reason"], "plugins");
    EXPECT_THAT(*text, Not(HasSubstr(root().string()))) << "nothing of this machine";
}

TEST_F(BundleTest, TheKeyFollowsWhatDecidesTheBytes)
{
    const auto what = small_request();
    const auto key = outputs(what).front().key;
    EXPECT_EQ(outputs(what).front().key, key);
    auto other = what;
    other.output = "/elsewhere";
    EXPECT_EQ(outputs(other).front().key, key) << "the place does not decide the bytes";
    const std::vector<std::function<void(BundleRequest&)>> changes{
        [](BundleRequest& r) { r.name += "x"; },
        [](BundleRequest& r) { r.series += "x"; },
        [](BundleRequest& r) { r.target += "x"; },
        [](BundleRequest& r) { r.image += "x"; },
        [](BundleRequest& r) { r.image_digest += "x"; },
        [](BundleRequest& r) { r.tool_version += "x"; },
        [](BundleRequest& r) { r.default_prefix += "x"; },
        [](BundleRequest& r) { r.packages.pop_back(); },
        [](BundleRequest& r) { r.packages[0].layers.run = util::sha256("other"); },
        [](BundleRequest& r) { r.packages[0].variants["docs"] = "true"; },
        [](BundleRequest& r) { r.packages[0].relocation[0].reason += "x"; },
        [](BundleRequest& r) { r.packages[0].source_sha256 += "x"; },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        other = what;
        changes[i](other);
        EXPECT_NE(outputs(other).front().key, key) << "change " << i;
    }
    other = what;
    other.packages[0].source_url = "https://example.org/munge-1.0.tar.gz";
    EXPECT_EQ(keys(other).at("slurm-24.11-software.tar.gz"), key);
    EXPECT_NE(keys(other).at("slurm-24.11-sbom.spdx.json"), keys(what).at("slurm-24.11-sbom.spdx.json"))
        << "only the documents that have it are written again";
}

TEST_F(BundleTest, HeadersAndDebugInformationAreTarballsOfTheirOwn)
{
    auto what = small_request();
    what.packages[0].layers.dev = package("munge headers", {"include/munge.h"}).layers.run;
    what.packages[1].layers.dev = package("slurm headers", {"include/slurm.h"}).layers.run;
    for (auto& each : what.packages)
        each.layers.debug = package(each.name, {"lib/debug/" + each.name}).layers.run;
    what.archives = {Archive::gz, Archive::zst};
    what.extras = {Extra::dev, Extra::debug};
    auto alone = what;
    alone.archives = {Archive::gz};
    alone.extras = {};
    const auto software = one(write(alone), Kind::software).sha256;
    const auto made = write(what);
    EXPECT_EQ(made.front().sha256, software) << "what ships beside it changes nothing in it";
    for (const std::string part : {"-dev", "-debug"})
        shell("gzip -t slurm-24.11" + part + ".tar.gz; zstd -dcq slurm-24.11" + part +
              ".tar.zst >part.tar; gzip -dc slurm-24.11" + part + ".tar.gz | cmp - part.tar");
    EXPECT_EQ(shell("tar -tzf slurm-24.11-dev.tar.gz | grep -v '/$'"),
              "software/include/munge.h\nsoftware/include/slurm.h\n");
    EXPECT_EQ(shell("tar -tzf slurm-24.11-debug.tar.gz | grep -v '/$'"),
              "software/lib/debug/munge\nsoftware/lib/debug/slurm\n");
}

TEST_F(BundleTest, WhatIsThereIsNotWrittenAgain)
{
    const auto what = small_request();
    const auto made = write(what);
    const auto& software = made.front();
    ASSERT_TRUE(util::write_file_atomic(software.path, "left alone"));
    const auto again = write_bundle(what, layers(), {software}, {});
    ASSERT_TRUE(again) << util::to_string(again.error());
    ASSERT_EQ(again->size(), made.size());
    EXPECT_EQ(*util::read_file(software.path), "left alone");
    EXPECT_EQ(one(*again, Kind::provenance).sha256, one(made, Kind::provenance).sha256) << "it names it all the same";
}

TEST_F(BundleTest, ProvenanceNamesTarballsAndWhatTheyWereMadeOf)
{
    const auto what = small_request();
    const auto made = write(what);
    const auto json = json_of(one(made, Kind::provenance));
    EXPECT_EQ(json["_type"], "https://in-toto.io/Statement/v1");
    ASSERT_EQ(json["subject"].size(), 2U);
    EXPECT_EQ(json["subject"][0]["name"], "slurm-24.11-software.tar.gz");
    EXPECT_EQ(json["subject"][0]["digest"]["sha256"], one(made, Kind::software).sha256.to_hex());
    EXPECT_EQ(json["subject"][1]["digest"]["sha256"], one(made, Kind::module).sha256.to_hex());
    const auto& definition = json["predicate"]["buildDefinition"];
    EXPECT_EQ(definition["externalParameters"]["request"], "slurm@24.11");
    const auto& materials = definition["resolvedDependencies"];
    ASSERT_EQ(materials.size(), 5U) << "the image, and source and patch of two packages";
    EXPECT_EQ(materials[0]["digest"]["sha256"], what.image_digest);
    EXPECT_EQ(materials[1]["uri"], "apt:munge=1.0");
    EXPECT_EQ(materials[2]["digest"]["sha256"], "00ff");
}

TEST_F(BundleTest, MaterialsAreListedWithLicencesAndWhatNeedsWhat)
{
    auto what = small_request();
    what.packages[1].source = "https://example.org/slurm 1.tar.gz";
    const auto made = write(what);
    const auto spdx = json_of(one(made, Kind::spdx));
    EXPECT_EQ(spdx["spdxVersion"], "SPDX-2.3");
    ASSERT_EQ(spdx["packages"].size(), 3U);
    EXPECT_EQ(spdx["packages"][1]["licenseDeclared"], "MIT");
    EXPECT_EQ(spdx["packages"][2]["downloadLocation"], "https://example.org/slurm 1.tar.gz");
    EXPECT_THAT(spdx["relationships"],
                ::testing::Contains(nlohmann::ordered_json{{"spdxElementId", "SPDXRef-Package-slurm"},
                                                           {"relationshipType", "DEPENDS_ON"},
                                                           {"relatedSpdxElement", "SPDXRef-Package-munge"}}));
    const auto cyclonedx = json_of(one(made, Kind::cyclonedx));
    EXPECT_EQ(cyclonedx["specVersion"], "1.5");
    const auto& slurm = cyclonedx["components"][1];
    EXPECT_EQ(slurm["purl"], "pkg:generic/slurm@1.0?checksum=sha256:" + what.packages[1].source_sha256 +
                                 "&download_url=https:%2F%2Fexample.org%2Fslurm%201.tar.gz");
    EXPECT_EQ(slurm["licenses"][0]["expression"], "MIT");
    ASSERT_EQ(cyclonedx["dependencies"].size(), 3U);
    EXPECT_EQ(cyclonedx["dependencies"][2]["dependsOn"][0], cyclonedx["components"][0]["bom-ref"]);
}

TEST_F(BundleTest, HolesAreStatementsOfVex)
{
    using State = Hole::State;
    auto what = small_request();
    what.packages[1].holes = {{"CVE-1", "One.", State::open, "", "1.1"},
                              {"CVE-2", "Two.", State::patched, "two.patch", ""},
                              {"CVE-3", "Three.", State::not_built, "left out", ""},
                              {"CVE-4", "Four.", State::unknown, "no versions", ""}};
    const auto statements = json_of(one(write(what), Kind::cyclonedx))["vulnerabilities"];
    ASSERT_EQ(statements.size(), 4U);
    EXPECT_EQ(statements[0]["analysis"],
              nlohmann::ordered_json::parse(R"({"state": "exploitable", "response": ["update"]})"));
    EXPECT_EQ(statements[1]["analysis"],
              nlohmann::ordered_json::parse(R"({"state": "resolved", "detail": "closed by two.patch"})"));
    EXPECT_EQ(statements[2]["analysis"]["justification"], "code_not_present");
    EXPECT_EQ(statements[3]["analysis"],
              nlohmann::ordered_json::parse(R"({"state": "in_triage", "detail": "no versions"})"));
}

TEST_F(BundleTest, ADistributionsSourcePackagesAreNamed)
{
    auto what = small_request();
    what.packages[1].source = "apt:zlib=1:1.3.dfsg+really1.3.1";
    what.packages[0].source = what.packages[1].source;
    what.packages[0].source_url = "https://example.org/zlib.tar.gz";
    const std::string purl = "pkg:deb/debian/zlib@1:1.3.dfsg%2Breally1.3.1?arch=source";
    const auto made = write(what);
    const auto spdx = json_of(one(made, Kind::spdx));
    const auto& alone = spdx["packages"][2];
    EXPECT_EQ(alone["externalRefs"][0]["referenceLocator"], purl);
    EXPECT_EQ(alone["downloadLocation"], "NOASSERTION") << "an apt source alone is no URL";
    EXPECT_EQ(alone["sourceInfo"], "the upstream archive (.orig.tar) of Debian's source package zlib, "
                                   "upstream version 1:1.3.dfsg+really1.3.1");
    EXPECT_EQ(alone["checksums"][0]["checksumValue"], what.packages[1].source_sha256);
    EXPECT_EQ(spdx["packages"][1]["downloadLocation"], "https://example.org/zlib.tar.gz") << "the same bytes";

    const auto cyclonedx = json_of(one(made, Kind::cyclonedx));
    const auto source = [&](std::size_t i) { return cyclonedx["components"].at(i)["externalReferences"].at(1); };
    EXPECT_EQ(cyclonedx["components"][1]["purl"], purl);
    EXPECT_EQ(source(1)["type"], "distribution");
    EXPECT_EQ(source(1)["url"], purl);
    EXPECT_EQ(source(1)["hashes"][0]["content"], what.packages[1].source_sha256);
    EXPECT_EQ(source(0)["url"], "https://example.org/zlib.tar.gz");
    EXPECT_NE(cyclonedx["components"][0]["bom-ref"], cyclonedx["components"][1]["bom-ref"]) << "of one source, but two";
}

TEST_F(BundleTest, PatchesAreNamed)
{
    auto what = small_request();
    const auto sum = util::sha256("patches").to_hex();
    auto& slurm = what.packages[1];
    slurm.source = "apt:slurm-wlm=24.11.5";
    slurm.patches = {{"slurm-wlm",
                      "24.11.5-4+deb13u1",
                      sum,
                      "https://example.org/file/12",
                      {{"CVE-2026-65107-1.patch", {"CVE-2026-65107"}}, {"up/other.patch", {}}}},
                     {"", "", "", "", {{"own.patch", {"CVE-2023-41915"}}}}};
    const std::string purl = "pkg:deb/debian/slurm-wlm@24.11.5-4%2Bdeb13u1?arch=source";
    const auto made = write(what);
    const auto manifest = json_of(one(made, Kind::manifest));
    EXPECT_FALSE(manifest["packages"][0].contains("patches"));
    const auto& patches = manifest["packages"][1]["patches"];
    EXPECT_EQ(patches[0]["revision"], "24.11.5-4+deb13u1");
    EXPECT_EQ(patches[0]["sha256"], sum);
    EXPECT_EQ(patches[0]["files"][0]["fixes"][0], "CVE-2026-65107");
    EXPECT_EQ(patches[1]["files"][0]["name"], "own.patch");

    const auto component = json_of(one(made, Kind::cyclonedx))["components"][1];
    EXPECT_EQ(component["purl"], purl);
    EXPECT_EQ(component["externalReferences"].back()["hashes"][0]["content"], sum);
    const auto& pedigree = component["pedigree"];
    EXPECT_EQ(pedigree["ancestors"][0]["purl"], "pkg:deb/debian/slurm-wlm@24.11.5?arch=source");
    ASSERT_EQ(pedigree["patches"].size(), 3U);
    EXPECT_EQ(pedigree["patches"][0]["type"], "backport");
    EXPECT_EQ(pedigree["patches"][0]["resolves"][0]["id"], "CVE-2026-65107");
    EXPECT_EQ(pedigree["patches"][1]["diff"]["url"], purl + "#debian/patches/up/other.patch");
    EXPECT_FALSE(pedigree["patches"][1].contains("resolves"));
    EXPECT_EQ(pedigree["patches"][2]["type"], "unofficial");

    const auto spdx = json_of(one(made, Kind::spdx));
    ASSERT_EQ(spdx["packages"].size(), 4U) << "the archive of patches is one, too";
    EXPECT_EQ(spdx["packages"][3]["checksums"][0]["checksumValue"], sum);
    EXPECT_EQ(spdx["packages"][3]["downloadLocation"], "https://example.org/file/12");
    EXPECT_EQ(spdx["packages"][2]["externalRefs"][0]["referenceLocator"], purl);
    EXPECT_THAT(spdx["relationships"],
                ::testing::Contains(nlohmann::ordered_json{{"spdxElementId", "SPDXRef-Package-slurm-patches-0"},
                                                           {"relationshipType", "PATCH_FOR"},
                                                           {"relatedSpdxElement", "SPDXRef-Package-slurm"}}));
    const auto materials = json_of(one(made, Kind::provenance))["predicate"]["buildDefinition"]["resolvedDependencies"];
    EXPECT_THAT(materials, ::testing::Contains(nlohmann::ordered_json{{"name", "slurm 1.0: patches"},
                                                                      {"digest", {{"sha256", sum}}},
                                                                      {"uri", "apt:slurm-wlm=24.11.5-4+deb13u1"}}));
}

TEST_F(BundleTest, WhatHasNoArchiveHasNoSource)
{
    auto what = small_request();
    what.packages[0].source = "base image";
    what.packages[0].source_sha256.clear();
    const auto made = write(what);
    const auto spdx = json_of(one(made, Kind::spdx));
    EXPECT_EQ(spdx["packages"][1]["sourceInfo"], "base image");
    EXPECT_EQ(spdx["packages"][1]["externalRefs"][0]["referenceLocator"], "pkg:generic/munge@1.0");
    const auto cyclonedx = json_of(one(made, Kind::cyclonedx));
    EXPECT_EQ(cyclonedx["components"][0]["externalReferences"].size(), 1U) << "the homepage";
}

TEST_F(BundleTest, ALayerThatIsNotThereIsAnErrorThatNamesThePackage)
{
    auto what = small_request();
    what.packages[0].layers.run = util::sha256("not there");
    const auto made = write_bundle(what, layers(), {}, {});
    ASSERT_FALSE(made);
    EXPECT_THAT(util::to_string(made.error()), HasSubstr("munge"));
    EXPECT_FALSE(stdfs::exists(root() / "builds" / "slurm-24.11-software.tar.gz"));
}

TEST_F(BundleTest, AFailureLeavesTheOldFile)
{
    const auto what = small_request();
    const auto before = one(write(what), Kind::software).sha256;
    ASSERT_TRUE(util::remove_tree(layers().member(what.packages[1].layers.run)));
    EXPECT_FALSE(write_bundle(what, layers(), {}, {}));
    EXPECT_EQ(*util::sha256_file(root() / "builds" / "slurm-24.11-software.tar.gz"), before);
    EXPECT_EQ(shell("ls | wc -l | tr -d ' '"), "12\n") << "nothing temporary is left";
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
    EXPECT_THAT(
        files[0].text,
        HasSubstr(
            R"(set default_trees [list "/opt/slurm/24.11/software" "/opt/slurm/software" "/opt/slurm/current"])"));
    EXPECT_THAT(
        files[1].text,
        HasSubstr(
            R"(local default_trees = {"/opt/slurm/24.11/software", "/opt/slurm/software", "/opt/slurm/current"})"));
}

} // namespace
} // namespace sf::bundle
