#include "site/site.hpp"

#include "site/setting.hpp"
#include "util/files/fs.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace sf::site {
namespace {

using Paths = std::vector<std::filesystem::path>;
using Words = std::vector<std::string>;

/// A home, a system configuration and an environment of the test's own.
class SiteTest : public ::testing::Test {
protected:
    SiteTest() : home_(make()) { variables_["HOME"] = home_.path().string(); }

    static util::TempDir make()
    {
        auto made = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-site-test");
        if (!made)
            throw std::runtime_error(made.error().message);
        return std::move(*made);
    }

    [[nodiscard]] std::filesystem::path home() const { return home_.path(); }
    [[nodiscard]] std::filesystem::path root() const { return home() / ".slurm-factory"; }
    [[nodiscard]] std::filesystem::path system_file() const { return home() / "etc/config.yaml"; }
    [[nodiscard]] std::filesystem::path user_file() const { return root() / "config.yaml"; }

    static void write(const std::filesystem::path& file, const std::string& text)
    {
        ASSERT_TRUE(util::make_directories(file.parent_path()));
        ASSERT_TRUE(util::write_file_atomic(file, text));
    }

    [[nodiscard]] util::Result<Site> load(const Overrides& overrides = {}) const
    {
        return load_site(overrides, "/usr/share/sf", system_file(),
                         [this](const std::string& name) -> std::optional<std::string> {
                             const auto found = variables_.find(name);
                             return found == variables_.end() ? std::nullopt : std::optional(found->second);
                         });
    }

    /// The error for a user's configuration of this text, without the name of the file.
    [[nodiscard]] util::Error fault_of(const std::string& text) const
    {
        write(user_file(), text);
        const auto site = load();
        if (site) {
            ADD_FAILURE() << "accepted:\n" << text;
            return {};
        }
        auto error = site.error();
        EXPECT_EQ(error.code, util::ErrorCode::recipe);
        EXPECT_EQ(error.message.rfind(user_file().string() + ":", 0), 0U) << error.message;
        error.message.erase(0, user_file().string().size() + 1);
        return error;
    }

    std::map<std::string, std::string> variables_;

private:
    util::TempDir home_;
};

TEST_F(SiteTest, Defaults)
{
    const auto site = load();
    ASSERT_TRUE(site) << util::to_string(site.error());
    EXPECT_EQ(site->root, root());
    EXPECT_EQ(site->output, root() / "builds");
    EXPECT_EQ(site->recipe_directories, (Paths{"/usr/share/sf/recipes"}));
    EXPECT_EQ(site->image_directories, (Paths{"/usr/share/sf/images"}));
    EXPECT_EQ(site->source_cache(), root() / "cache/sources");
    EXPECT_EQ(site->database(), root() / "state.db");
    EXPECT_FALSE(site->network.offline);
    EXPECT_EQ(site->network.retries, 3U);
    EXPECT_TRUE(site->network.mirrors.empty());
    EXPECT_EQ(site->limits.job_memory_bytes, 2ULL << 30U);
    EXPECT_EQ(site->limits.log_bytes, 256ULL << 20U);
    EXPECT_TRUE(site->levers.mold);
    EXPECT_TRUE(site->slurm.version.empty() && site->slurm.variants.empty() && site->slurm.target.empty());
    EXPECT_FALSE(site->slurm.gpu || site->slurm.minimal);
    EXPECT_TRUE(site->reuse);
    EXPECT_TRUE(site->packages.packages.empty());
    EXPECT_EQ(site->origins.size(), settings().size() + 1) << "every key of the file, and the root";
    for (const auto& [key, origin] : site->origins)
        EXPECT_EQ(origin, "default") << key;
}

TEST_F(SiteTest, AFileMaySetEverything)
{
    write(user_file(), R"(output: out
image: bookworm
backend: oci
runtime: runc
recipes: [my-recipes, /abs/recipes, ~/r]
images:
  - my-images
network:
  offline: true
  retries: 0
  connect-timeout: 7
  stall-timeout: 60
  parallel-downloads: 2
  mirrors: [m, "https://mirror.example.org/s", "file:///srv/m"]
  apt: false
limits: {jobs: 6, memory: 8GiB, pids: 512, job-memory: 1536 MiB, nice: 5, io: idle, log: 1MiB}
levers: {tmpfs-stage: false, mold: false, configure-cache: false, ccache: false}
compiler: {directory: ~/cc, remote: "http://cc.example.org", prefix: distcc, variables: {DISTCC_HOSTS: "a b"}}
cache: {layers: 20GiB, sources: 1GiB, compiler: 0, images: 3GiB, logs: 5MiB, keep-days: 7, remotes: [r, "oci://registry.example.org/slurm"], only-signed: false, compression: zstd, signing-key: ~/site.key}
deploy: {only-signed: true}
audit: {advisories: [osv, "https://osv.example.org/all.json"], oldest: 7}
slurm:
  version: 24.11
  variants: +kafka ~hdf5 auth=munge
  gpu: true
  minimal: true
  target: zen4
hardening: strict
glibc: '2.17'
solver: {reuse: false}
packages:
  openssl: {buildable: false}
)");
    const auto site = load();
    ASSERT_TRUE(site) << util::to_string(site.error());
    EXPECT_EQ(site->output, root() / "out");
    EXPECT_EQ(site->audit.advisories,
              (std::vector<std::string>{(root() / "osv").string(), "https://osv.example.org/all.json"}));
    EXPECT_EQ(site->audit.oldest_days, 7U);
    EXPECT_EQ(site->image, "bookworm");
    EXPECT_EQ(site->backend, "oci");
    EXPECT_EQ(site->runtime, "runc");
    EXPECT_EQ(site->recipe_directories,
              (Paths{"/usr/share/sf/recipes", root() / "my-recipes", "/abs/recipes", home() / "r"}));
    EXPECT_EQ(site->image_directories, (Paths{"/usr/share/sf/images", root() / "my-images"}));
    EXPECT_TRUE(site->network.offline);
    EXPECT_EQ(site->network.retries, 0U);
    EXPECT_EQ(site->network.connect_timeout, std::chrono::seconds(7));
    EXPECT_EQ(site->network.stall_timeout, std::chrono::seconds(60));
    EXPECT_EQ(site->network.parallel_downloads, 2U);
    EXPECT_EQ(site->network.mirrors, (Words{(root() / "m").string(), "https://mirror.example.org/s", "file:///srv/m"}));
    EXPECT_FALSE(site->network.use_apt);
    EXPECT_EQ(site->limits.jobs, 6U);
    EXPECT_EQ(site->effective_jobs(), 6U);
    EXPECT_EQ(site->limits.memory_bytes, 8ULL << 30U);
    EXPECT_EQ(site->limits.pids, 512U);
    EXPECT_EQ(site->limits.job_memory_bytes, 1536ULL << 20U);
    EXPECT_FALSE(site->levers.tmpfs_stage || site->levers.mold || site->levers.configure_cache);
    EXPECT_FALSE(site->levers.ccache);
    EXPECT_EQ(site->limits.nice, 5U);
    EXPECT_EQ(site->limits.log_bytes, 1ULL << 20U);
    EXPECT_TRUE(site->limits.idle_io);
    EXPECT_EQ(site->ccache_directory(), home() / "cc");
    EXPECT_EQ(site->compiler.remote, "http://cc.example.org");
    EXPECT_EQ(site->compiler.prefix, "distcc");
    EXPECT_EQ(site->compiler.variables.at("DISTCC_HOSTS"), "a b");
    EXPECT_TRUE(site->compiler.needs_network());
    EXPECT_EQ(site->cache.layers_bytes, 20ULL << 30U);
    EXPECT_EQ(site->cache.sources_bytes, 1ULL << 30U);
    EXPECT_EQ(site->cache.compiler_bytes, 0U);
    EXPECT_EQ(site->cache.images_bytes, 3ULL << 30U);
    EXPECT_EQ(site->cache.logs_bytes, 5ULL << 20U);
    EXPECT_EQ(site->cache.keep_days, 7U);
    EXPECT_EQ(site->cache.remotes, (Words{(root() / "r").string(), "oci://registry.example.org/slurm"}));
    EXPECT_FALSE(site->cache.only_signed);
    EXPECT_TRUE(site->cache.zstd);
    EXPECT_EQ(site->cache.signing_key, home() / "site.key");
    EXPECT_TRUE(site->deploy.only_signed);
    EXPECT_EQ(site->slurm.version, "24.11");
    EXPECT_EQ(site->slurm.variants, (spec::VariantValues{{"auth", "munge"}, {"hdf5", "false"}, {"kafka", "true"}}));
    EXPECT_TRUE(site->slurm.gpu && site->slurm.minimal);
    EXPECT_EQ(site->slurm.target, "zen4");
    EXPECT_EQ(site->hardening, spec::HardeningLevel::strict);
    EXPECT_EQ(site->floor.to_string(), "2.17");
    EXPECT_FALSE(site->reuse);
    ASSERT_NE(site->packages.find("openssl"), nullptr);
    EXPECT_EQ(site->packages.find("openssl")->buildable, false);
    EXPECT_EQ(site->origins.at("slurm.variants"), user_file().string() + ":24");
    EXPECT_EQ(site->origins.at("packages"), user_file().string() + ":32");
    EXPECT_EQ(site->origins.at("network.retries"), user_file().string() + ":10");
    EXPECT_EQ(site->origins.at("limits.jobs"), user_file().string() + ":16");
    for (const auto& [key, origin] : site->origins)
        EXPECT_EQ(origin == "default", key == "root") << key;
}

TEST_F(SiteTest, LaterLayersWin)
{
    write(system_file(), "image: system\nruntime: crun\nrecipes: [sys]\nnetwork: {mirrors: [sys], retries: 9}\n"
                         "limits: {jobs: 1, pids: 100}\n");
    write(user_file(), "image: user\nrecipes: [own]\nnetwork: {mirrors: [own]}\nlimits: {jobs: 2}\n");
    variables_["SLURM_FACTORY_JOBS"] = "3";
    variables_["SLURM_FACTORY_OFFLINE"] = "1";
    variables_["SLURM_FACTORY_MIRRORS"] = "http://a:8080/x, /srv/b  file:///c";
    auto site = load();
    ASSERT_TRUE(site) << util::to_string(site.error());
    EXPECT_EQ(site->image, "user");
    EXPECT_EQ(site->runtime, "crun");
    EXPECT_EQ(site->network.retries, 9U);
    EXPECT_EQ(site->limits.jobs, 3U);
    EXPECT_EQ(site->limits.pids, 100U);
    EXPECT_TRUE(site->network.offline);
    EXPECT_EQ(site->network.mirrors, (Words{"http://a:8080/x", "/srv/b", "file:///c", (root() / "own").string(),
                                            (home() / "etc/sys").string()}));
    EXPECT_EQ(site->origins.at("runtime"), system_file().string() + ":2");
    EXPECT_EQ(site->origins.at("limits.jobs"), "environment");

    Overrides overrides;
    overrides.given = {{"output", {"/out"}},
                       {"recipes", {"/cli"}},
                       {"network.mirrors", {"/first", "/second"}},
                       {"network.offline", {"false"}},
                       {"limits.jobs", {"4"}},
                       {"network.retries", {"5"}},
                       {"network.connect-timeout", {"6"}},
                       {"image", {"cli"}},
                       {"runtime", {"runc"}}};
    site = load(overrides);
    ASSERT_TRUE(site) << util::to_string(site.error());
    EXPECT_EQ(site->output, "/out");
    EXPECT_EQ(site->recipe_directories, (Paths{"/usr/share/sf/recipes", home() / "etc/sys", root() / "own", "/cli"}));
    ASSERT_EQ(site->network.mirrors.size(), 7U);
    EXPECT_EQ(site->network.mirrors[0], "/first");
    EXPECT_EQ(site->network.mirrors[1], "/second");
    EXPECT_EQ(site->network.mirrors[2], "http://a:8080/x");
    EXPECT_FALSE(site->network.offline);
    EXPECT_EQ(site->limits.jobs, 4U);
    EXPECT_EQ(site->network.retries, 5U);
    EXPECT_EQ(site->network.connect_timeout, std::chrono::seconds(6));
    EXPECT_EQ(site->image, "cli");
    EXPECT_EQ(site->runtime, "runc");
    EXPECT_EQ(site->origins.at("limits.jobs"), "--jobs");
    EXPECT_EQ(site->origins.at("network.mirrors"), "--mirror");
}

TEST_F(SiteTest, PackagesComeFromFilesOfTheirOwnAndFromTheConfiguration)
{
    const auto setting = [](const std::string& flags) { return "packages:\n  a: {" + flags + "}\n"; };
    const auto add = [&](const std::filesystem::path& file, const std::string& flags) {
        write(file, setting(flags));
        return file.string();
    };
    const auto flag = [](const Site& site, const char* variable) {
        return site.packages.find("a")->flags.at(variable);
    };
    const auto system = add(home() / "etc/packages.yaml", "cflags: 1, cxxflags: 1, cppflags: 1, ldflags: 1");
    EXPECT_EQ(load()->origins.at("packages"), system);
    add(system_file(), "cflags: 2, cxxflags: 2, cppflags: 2");
    EXPECT_EQ(load()->origins.at("packages"), system_file().string() + ":2");
    const auto user = add(root() / "packages.yaml", "cflags: 3, cxxflags: 3, permissions: {}");
    EXPECT_EQ(load()->origins.at("packages"), user);
    add(user_file(), "cflags: 4");
    const auto files = load();
    ASSERT_TRUE(files) << util::to_string(files.error());
    EXPECT_EQ(flag(*files, "CFLAGS"), "4");
    EXPECT_EQ(flag(*files, "CXXFLAGS"), "3");
    EXPECT_EQ(flag(*files, "CPPFLAGS"), "2");
    EXPECT_EQ(flag(*files, "LDFLAGS"), "1");
    EXPECT_EQ(files->packages.notes, (Words{user + ":2: 'permissions' has no meaning here"}));

    variables_["SLURM_FACTORY_PACKAGES"] =
        add(home() / "e1.yaml", "cflags: 5, ldflags: 5") + ", " + add(home() / "e2.yaml", "cflags: 6");
    const auto environment = load();
    ASSERT_TRUE(environment) << util::to_string(environment.error());
    EXPECT_EQ(flag(*environment, "CFLAGS"), "6");
    EXPECT_EQ(flag(*environment, "LDFLAGS"), "5");
    EXPECT_EQ(environment->origins.at("packages"), "environment");

    Overrides overrides;
    overrides.given["packages"] = {add(home() / "o1.yaml", "cflags: 7, ldflags: 7"),
                                   add(home() / "o2.yaml", "cflags: 8")};
    const auto options = load(overrides);
    ASSERT_TRUE(options) << util::to_string(options.error());
    EXPECT_EQ(flag(*options, "CFLAGS"), "8");
    EXPECT_EQ(flag(*options, "LDFLAGS"), "7");
    EXPECT_EQ(options->origins.at("packages"), "--packages");
}

TEST_F(SiteTest, APackagesFileThatIsNamedMustBeThere)
{
    Overrides overrides;
    overrides.given["packages"] = {(home() / "none.yaml").string()};
    const auto site = load(overrides);
    ASSERT_FALSE(site);
    EXPECT_NE(site.error().message.find("none.yaml"), std::string::npos) << site.error().message;
    EXPECT_EQ(site.error().context, (Words{"reading the file that --packages names"}));
    variables_["SLURM_FACTORY_PACKAGES"] = (home() / "none.yaml").string();
    EXPECT_EQ(load().error().context, (Words{"reading the file that SLURM_FACTORY_PACKAGES names"}));
}

TEST_F(SiteTest, FaultsOfAPackagesFile)
{
    for (const auto& file : {root() / "packages.yaml", home() / "etc/packages.yaml"}) {
        write(file, "packages:\n  slurm: {buildible: false}\n");
        const auto site = load();
        ASSERT_FALSE(site);
        EXPECT_EQ(site.error().message, file.string() + ":2:11: unknown key 'buildible' in 'slurm'");
        EXPECT_EQ(site.error().code, util::ErrorCode::recipe);
    }
}

TEST_F(SiteTest, TheReferenceHasEveryVariableOfTheEnvironment)
{
    std::set<std::string> asked;
    ASSERT_TRUE(load_site({}, "/usr/share/sf", system_file(), [&](const std::string& name) {
        if (name.starts_with("SLURM_FACTORY_"))
            asked.insert(name);
        return name == "HOME" ? std::optional(home().string()) : std::nullopt;
    }));
    std::set<std::string> known{"SLURM_FACTORY_ROOT"}; // which is no key
    for (const auto& setting : settings())
        if (*setting.variable != '\0')
            known.insert(setting.variable);
    EXPECT_EQ(asked, known);
}

TEST_F(SiteTest, EachVariableSetsItsKey)
{
    const auto file = home() / "packages.yaml";
    write(file, "packages: {}\n");
    const std::map<std::string, std::string> values = {
        {"network.mirrors", "/m"}, {"cache.remotes", "/c"}, {"slurm.version", "24.11"}, {"slurm.variants", "+x"},
        {"hardening", "none"},     {"glibc", "host"},       {"packages", file.string()}};
    for (const auto& setting : settings()) {
        if (*setting.variable == '\0')
            continue;
        const auto value = values.find(setting.key);
        variables_[setting.variable] = value == values.end() ? "1" : value->second;
        const auto site = load();
        ASSERT_TRUE(site) << setting.key << ": " << util::to_string(site.error());
        for (const auto& other : settings())
            EXPECT_EQ(site->origins.at(other.key) == "environment", &other == &setting)
                << setting.variable << ", " << other.key;
        variables_.erase(setting.variable);
    }
}

TEST_F(SiteTest, TheEnvironmentSaysWhatIsBuilt)
{
    write(user_file(), "slurm: {version: 23.11, variants: +x, gpu: true, minimal: false, target: zen2}\n");
    variables_["SLURM_FACTORY_SLURM_VERSION"] = "25.05.2";
    variables_["SLURM_FACTORY_VARIANTS"] = "~hdf5 auth=munge";
    variables_["SLURM_FACTORY_GPU"] = "no";
    variables_["SLURM_FACTORY_MINIMAL"] = "1";
    variables_["SLURM_FACTORY_TARGET"] = "zen4";
    variables_["SLURM_FACTORY_REUSE"] = "0";
    const auto site = load();
    ASSERT_TRUE(site) << util::to_string(site.error());
    EXPECT_EQ(site->slurm.version, "25.05.2");
    EXPECT_EQ(site->slurm.variants, (spec::VariantValues{{"auth", "munge"}, {"hdf5", "false"}}));
    EXPECT_FALSE(site->slurm.gpu);
    EXPECT_TRUE(site->slurm.minimal);
    EXPECT_EQ(site->slurm.target, "zen4");
    EXPECT_FALSE(site->reuse);
    for (const char* key :
         {"slurm.version", "slurm.variants", "slurm.gpu", "slurm.minimal", "slurm.target", "solver.reuse"})
        EXPECT_EQ(site->origins.at(key), "environment") << key;
}

TEST_F(SiteTest, TheRootComesFromTheFirstThatSaysIt)
{
    variables_["SLURM_FACTORY_ROOT"] = "/env/place/";
    EXPECT_EQ(load()->root, "/env/place");
    EXPECT_EQ(load()->origins.at("root"), "environment");
    Overrides overrides;
    overrides.root = "some/where";
    const auto site = load(overrides);
    ASSERT_TRUE(site);
    EXPECT_EQ(site->root, std::filesystem::current_path() / "some/where");
    EXPECT_EQ(site->layers(), site->root / "layers");
    EXPECT_EQ(site->origins.at("root"), "--root");
}

TEST_F(SiteTest, WithoutHomeTheRootMustBeGiven)
{
    for (const bool empty : {false, true}) {
        variables_.erase("HOME");
        if (empty)
            variables_["HOME"] = "";
        const auto site = load();
        ASSERT_FALSE(site);
        EXPECT_EQ(site.error().code, util::ErrorCode::usage);
        EXPECT_EQ(site.error().message, "HOME is not set, so there is no place for the files of slurm-factory");
        EXPECT_EQ(site.error().reason, util::Reason::no_home);
        Overrides overrides;
        overrides.root = "/r";
        EXPECT_EQ(load(overrides)->root, "/r");
    }
}

TEST_F(SiteTest, AnEmptyFileChangesNothing)
{
    write(user_file(), "# nothing yet\n");
    EXPECT_EQ(load()->limits.pids, 4096U);
}

TEST_F(SiteTest, AFileThatCannotBeReadIsAnError)
{
    ASSERT_TRUE(util::make_directories(user_file())); // a directory of that name
    EXPECT_FALSE(load());
}

TEST_F(SiteTest, FaultsOfAFile)
{
    auto fault = fault_of("image: x\nnetwrk: {}\n");
    EXPECT_EQ(fault.message, "2:1: unknown key 'netwrk' in the file");
    EXPECT_EQ(fault.hint, "did you mean 'network'?");
    fault = fault_of("network:\n  retrys: 3\n");
    EXPECT_EQ(fault.message, "2:3: unknown key 'retrys' in 'network'");
    EXPECT_EQ(fault.hint, "did you mean 'retries'?");
    EXPECT_EQ(fault_of("limits: {Jobs: 3}\n").message, "1:10: unknown key 'Jobs' in 'limits'");
    EXPECT_EQ(fault_of("levers: [mold]\n").message, "1:9: 'levers' must be a mapping (key: value), not a list");
    EXPECT_EQ(fault_of("levers: {mold: 1}\n").message, "1:16: 'mold' must be true or false, not '1'");
    EXPECT_EQ(fault_of("network: {retries: 3x}\n").message, "1:20: 'retries' must be a whole number, not '3x'");
    EXPECT_EQ(fault_of("network: {retries: 101}\n").message, "1:20: 'retries' must be between 0 and 100, not 101");
    EXPECT_EQ(fault_of("network: {stall-timeout: 0}\n").message,
              "1:26: 'stall-timeout' must be between 1 and 86400, not 0");
    EXPECT_EQ(fault_of("cache: {compression: xz}\n").message, "1:22: 'compression' must be gzip or zstd, not 'xz'");
    EXPECT_EQ(fault_of("network: {mirrors: /srv}\n").message, "1:20: 'mirrors' must be a list, not a single value");
    EXPECT_EQ(fault_of("network: {mirrors: [\"ftp://x/y\"]}\n").message,
              "1:21: the mirror 'ftp://x/y' is neither a directory nor a file, http or https URL");
    EXPECT_EQ(fault_of("network: {mirrors: [\"\"]}\n").message, "1:21: a mirror is empty");
    fault = fault_of("limits: {memory: 8 gigs}\n");
    EXPECT_EQ(fault.message, "1:18: 'memory' must be a size, not '8 gigs'");
    EXPECT_EQ(fault.hint, "write a whole number of bytes, or one with a unit: 512MiB, 8GiB");
    EXPECT_EQ(fault_of("backend: docker\n").message, "1:10: unknown backend 'docker'");
    EXPECT_EQ(fault_of("runtime: podman\n").message, "1:10: unknown runtime 'podman'");
    fault = fault_of("slurm: {version: \"24.11:\"}\n");
    EXPECT_EQ(fault.message.substr(0, 29), "1:24: bad version \"24.11:\": '");
    EXPECT_EQ(fault_of("slurm: {variants: +a b}\n").message.substr(0, 26), "1:22: bad variants \"+a b\":");
    fault = fault_of("slurm: {variants: +a @24}\n");
    EXPECT_EQ(fault.message, "1:19: bad variants \"+a @24\": only variants are allowed here");
    EXPECT_EQ(fault.hint, "write +name, ~name or name=value, with spaces between");
    EXPECT_EQ(fault_of("slurm: {gpu: 1}\n").message, "1:14: 'gpu' must be true or false, not '1'");
    EXPECT_EQ(fault_of("solver: {re-use: true}\n").hint, "did you mean 'reuse'?");
    EXPECT_EQ(fault_of("packages: {a: {versions: [1]}}\n").message, "1:16: unknown key 'versions' in 'a'");
    EXPECT_EQ(fault_of("recipes: [\"\"]\n").message, "1:11: a path is empty");
    EXPECT_EQ(fault_of("image: a\nimage: b\n").message, "2:1: key 'image' appears twice, first in line 1");
    EXPECT_EQ(fault_of("image: [\n").message.rfind("2:1: not valid YAML", 0), 0U);
    EXPECT_EQ(fault_of("- a\n").message, "1:1: the file must be a mapping (key: value), not a list");
}

TEST_F(SiteTest, FaultsOfTheEnvironment)
{
    const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
        {"SLURM_FACTORY_JOBS", "many", "SLURM_FACTORY_JOBS must be a whole number up to 4096, not 'many'"},
        {"SLURM_FACTORY_JOBS", "-1", "SLURM_FACTORY_JOBS must be a whole number up to 4096, not '-1'"},
        {"SLURM_FACTORY_JOBS", "4097", "SLURM_FACTORY_JOBS must be a whole number up to 4096, not '4097'"},
        {"SLURM_FACTORY_OFFLINE", "maybe", "SLURM_FACTORY_OFFLINE must be 1 or 0, not 'maybe'"},
        {"SLURM_FACTORY_MINIMAL", "some", "SLURM_FACTORY_MINIMAL must be 1 or 0, not 'some'"},
        {"SLURM_FACTORY_GPU", "2", "SLURM_FACTORY_GPU must be 1 or 0, not '2'"},
        {"SLURM_FACTORY_REUSE", "on", "SLURM_FACTORY_REUSE must be 1 or 0, not 'on'"},
        {"SLURM_FACTORY_VARIANTS", "kafka",
         "SLURM_FACTORY_VARIANTS \"kafka\", column 1: only variants are allowed here"},
        {"SLURM_FACTORY_MIRRORS", "/ok gopher://x",
         "environment: the mirror 'gopher://x' is neither a directory nor a file, http or https URL"},
    };
    for (const auto& [name, value, message] : cases) {
        variables_ = {{"HOME", home().string()}, {name, value}};
        const auto site = load();
        ASSERT_FALSE(site) << name << value;
        EXPECT_EQ(site.error().message, message);
        EXPECT_EQ(site.error().code, util::ErrorCode::usage);
        variables_[name] = "";
        EXPECT_TRUE(load()) << "set to nothing is unset";
    }
}

TEST_F(SiteTest, FaultsOfTheCommandLine)
{
    Overrides overrides;
    overrides.given = {{"limits.jobs", {"5000"}}};
    EXPECT_EQ(load(overrides).error().message, "--jobs must be between 1 and 4096, not 5000");
    overrides.given = {{"limits.jobs", {"0"}}};
    EXPECT_EQ(load(overrides).error().message, "--jobs must be between 1 and 4096, not 0");
    overrides.given = {{"network.connect-timeout", {"0"}}};
    EXPECT_EQ(load(overrides).error().message, "--connect-timeout must be between 1 and 86400, not 0");
    overrides.given = {{"runtime", {"podman"}}};
    EXPECT_EQ(load(overrides).error().message, "--runtime: unknown runtime 'podman'");
    EXPECT_EQ(load(overrides).error().hint, "runtimes: crun, runc");
    overrides.given = {{"network.mirrors", {"ssh://x"}}};
    EXPECT_EQ(load(overrides).error().message,
              "--mirror: the mirror 'ssh://x' is neither a directory nor a file, http or https URL");
    EXPECT_EQ(load(overrides).error().code, util::ErrorCode::usage);
}

TEST_F(SiteTest, JobsAreTheCoresThisProcessMayUse)
{
    cpu_set_t before;
    CPU_ZERO(&before);
    ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
    auto site = load();
    ASSERT_TRUE(site);
    site->limits.job_memory_bytes = 1;
    EXPECT_EQ(site->effective_jobs(), static_cast<unsigned>(CPU_COUNT(&before)));
    int first = 0;
    while (!CPU_ISSET(first, &before))
        ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(site->effective_jobs(), 1U);
    ASSERT_EQ(::sched_setaffinity(0, sizeof(before), &before), 0);
}

TEST_F(SiteTest, JobsAreNoMoreThanMemoryHasRoomFor)
{
    auto site = load();
    ASSERT_TRUE(site);
    site->limits.memory_bytes = 4ULL << 30U;
    site->limits.job_memory_bytes = 3ULL << 30U;
    EXPECT_EQ(site->effective_jobs(), 1U);
    site->limits.job_memory_bytes = 100ULL << 30U;
    EXPECT_EQ(site->effective_jobs(), 1U) << "one job always may run";
    site->limits.jobs = 7;
    EXPECT_EQ(site->effective_jobs(), 7U) << "what is said is not second-guessed";
}

TEST_F(SiteTest, MemoryIsThreeQuartersOfTheMachineUnlessSaid)
{
    auto site = load();
    ASSERT_TRUE(site);
    const auto all =
        static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    EXPECT_GT(site->effective_memory_bytes(), all / 2);
    EXPECT_LT(site->effective_memory_bytes(), all);
    site->limits.memory_bytes = 1U << 30U;
    EXPECT_EQ(site->effective_memory_bytes(), 1U << 30U);
}

TEST(ProcessEnvironment, TellsUnsetFromEmpty)
{
    ASSERT_EQ(::setenv("SF_SITE_TEST", "", 1), 0);
    EXPECT_EQ(process_environment()("SF_SITE_TEST"), "");
    ASSERT_EQ(::unsetenv("SF_SITE_TEST"), 0);
    EXPECT_EQ(process_environment()("SF_SITE_TEST"), std::nullopt);
}

} // namespace
} // namespace sf::site
