#include "site/setting.hpp"

#include "site/layers.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"
#include "yaml/yaml.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

namespace sf::site {
namespace {

TEST(Settings, AreDeclaredOnce)
{
    std::set<std::string> keys;
    std::set<std::string> variables;
    std::set<std::string> options;
    std::set<std::string> closed; // groups that have ended
    std::string group;
    for (const auto& setting : settings()) {
        EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
        if (*setting.variable != '\0') {
            EXPECT_TRUE(variables.insert(setting.variable).second) << setting.variable;
        }
        if (setting.command_option) {
            EXPECT_TRUE(options.insert(setting.command_option->name).second) << setting.command_option->name;
        }
        EXPECT_TRUE(std::string_view(setting.help).ends_with('.')) << setting.key;
        if (setting.group() != group) {
            closed.insert(group);
            group = setting.group();
            EXPECT_TRUE(group.empty() || !closed.contains(group)) << group << " stands in two places";
        }
    }
    EXPECT_GE(keys.size(), 50U);
}

TEST(Settings, HaveADefaultFromTheirField)
{
    const auto of = [](const std::string& key) {
        for (const auto& setting : settings())
            if (setting.key == key)
                return setting.standard() +
                       (setting.command_option ? ", option: " + setting.option_help() : std::string());
        return "there is no " + key;
    };
    EXPECT_EQ(of("output"), "`ROOT/builds`, option: Directory of finished tarballs [ROOT/builds]");
    EXPECT_EQ(of("image"), "that of the host's suite, option: Base image to build in [the host's suite]");
    EXPECT_EQ(of("network.retries"),
              fmt::format("{0}, option: Further tries of a failed transfer [{0}]", Network().retries));
    EXPECT_EQ(of("network.offline"), "`false`, option: Never touch the network");
    EXPECT_EQ(of("limits.job-memory"), "2GiB");
    EXPECT_EQ(of("cache.compression"), "`gzip`");
    EXPECT_EQ(of("hardening"), "`default`");
    EXPECT_EQ(of("slurm.version"), "");
}

std::string options_table()
{
    std::string table = "| option | overrides |\n|---|---|\n| `--root DIR` | `SLURM_FACTORY_ROOT` |\n";
    for (const auto* setting : settings_with_option()) {
        const auto& option = *setting->command_option;
        const auto value = *option.value == '\0' ? std::string() : std::string(" ") + option.value;
        auto names = fmt::format("`{}{}`", option.name, value);
        if (*option.letter != '\0')
            names += fmt::format(", `{}{}`", option.letter, value);
        const std::string effect = setting->kind->type == "list of paths" ? "added behind "
                                   : setting->kind->type == "list"        ? "tried before "
                                   : setting->kind->type == "mapping"     ? "overrides "
                                                                          : "";
        const auto* rest = setting->key == "packages" ? " and the files beside the configuration" : "";
        table += fmt::format("| {} | {}`{}`{} |\n", names, effect, setting->key, rest);
    }
    return table;
}

/// The page with `table` in place of the one that has the same head.
std::string with_table(const std::string& page, const std::string& table)
{
    const auto begin = page.find(table.substr(0, table.find('\n') + 1));
    const auto end = page.find("\n\n", begin);
    if (begin == std::string::npos || end == std::string::npos)
        return "no table begins with " + table.substr(0, table.find('\n'));
    return page.substr(0, begin) + table + page.substr(end + 1);
}

TEST(Settings, AreInTheManual)
{
    const auto file = std::filesystem::path(SF_SOURCE_DIR) / "docs/configuration.md";
    const auto page = util::read_file(file);
    ASSERT_TRUE(page);
    const auto wanted = with_table(with_table(*page, reference()), options_table());
    if (std::getenv("SF_UPDATE_GOLDEN") != nullptr) // NOLINT(concurrency-mt-unsafe)
        ASSERT_TRUE(util::write_file_atomic(file, wanted));
    else
        EXPECT_EQ(*page, wanted) << "SF_UPDATE_GOLDEN=1 test_site writes the tables of docs/configuration.md";
}

/// What a kind makes of a value in a file, a variable and an option: how it shows, or the fault.
class KindTest : public ::testing::Test {
protected:
    [[nodiscard]] static std::string result(const kind::Made& kind, const Site& site, const util::Status& status)
    {
        return status ? kind->show(site) : status.error().message;
    }
    [[nodiscard]] static std::string file(const kind::Made& kind, const std::string& text)
    {
        Site site;
        const auto document = yaml::Document::parse("key: " + text, "/etc/sf/config.yaml");
        if (!document)
            return document.error().message;
        const auto value = document->root().mapping()->find("key");
        const std::filesystem::path path = "/etc/sf/config.yaml";
        const std::optional<std::string> home = "/home/me";
        return result(kind, site, kind->read(site, *value, {path, home}));
    }
    [[nodiscard]] static std::string variable(const kind::Made& kind, const std::string& text)
    {
        Site site;
        return result(kind, site, kind->take(site, {text}, {.name = "SF_X"}));
    }
    [[nodiscard]] static std::string option(const kind::Made& kind, const std::string& text, unsigned least = 0)
    {
        Site site;
        const Option option{.name = "--x", .help = "", .least = least};
        return result(kind, site, kind->take(site, {text}, {.name = "--x", .option = &option}));
    }
};

TEST_F(KindTest, Numbers)
{
    const auto kind = kind::number({&Site::limits, &Limits::pids}, {.min = 0, .max = 64, .unit = "things"});
    EXPECT_EQ(kind->type, "things, 0-64");
    EXPECT_EQ(file(kind, "64"), "64");
    EXPECT_EQ(file(kind, "65"), "/etc/sf/config.yaml:1:6: 'key' must be between 0 and 64, not 65");
    EXPECT_EQ(variable(kind, "0"), "0");
    EXPECT_EQ(variable(kind, "x"), "SF_X must be a whole number up to 64, not 'x'");
    EXPECT_EQ(option(kind, "0", 1), "--x must be between 1 and 64, not 0");
    const auto from_one = kind::number({&Site::limits, &Limits::pids}, {.min = 1, .max = 64});
    EXPECT_EQ(variable(from_one, "0"), "SF_X must be between 1 and 64, not 0");
    const auto seconds = kind::seconds({&Site::network, &Network::stall_timeout});
    EXPECT_EQ(seconds->type, "seconds, 1-86400");
    EXPECT_EQ(variable(seconds, "7"), "7");
    EXPECT_EQ(option(seconds, "86401"), "--x must be between 1 and 86400, not 86401");
}

TEST_F(KindTest, Sizes)
{
    const auto kind = kind::size({&Site::limits, &Limits::memory_bytes}, "key");
    EXPECT_EQ(file(kind, "1536 MiB"), "1536MiB");
    EXPECT_EQ(variable(kind, "1024"), "1KiB");
    EXPECT_EQ(variable(kind, "1025"), "1025");
    EXPECT_EQ(option(kind, "much"), "--x must be a size, not 'much'");
}

TEST_F(KindTest, Words)
{
    const auto word = kind::word({&Site::limits, &Limits::idle_io}, "key", "normal", "idle");
    EXPECT_EQ(word->type, "`normal`, `idle`");
    EXPECT_EQ(file(word, "idle"), "idle");
    EXPECT_EQ(variable(word, "normal"), "normal");
    EXPECT_EQ(variable(word, "busy"), "SF_X must be normal or idle, not 'busy'");
    const auto choice = kind::choice(&Site::backend, "backend", {"oci", "lxd"});
    EXPECT_EQ(choice->type, "`oci`, `lxd`");
    EXPECT_EQ(option(choice, "lxd"), "lxd");
    EXPECT_EQ(option(choice, ""), "");
    EXPECT_EQ(option(choice, "docker"), "--x: unknown backend 'docker'");
    const auto flag = kind::flag(&Site::reuse);
    EXPECT_EQ(variable(flag, "no"), "false");
    EXPECT_EQ(variable(flag, "off"), "SF_X must be 1 or 0, not 'off'");
    const auto hardening = kind::hardening(&Site::hardening);
    EXPECT_EQ(variable(hardening, "strict"), "strict");
}

TEST_F(KindTest, PathsAndPlaces)
{
    const auto here = std::filesystem::current_path();
    const auto path = kind::path(&Site::output);
    EXPECT_EQ(file(path, "../x/"), "/etc/x/");
    EXPECT_EQ(file(path, "~/x"), "/home/me/x");
    EXPECT_EQ(option(path, "x/"), here / "x");
    const auto paths = kind::paths(&Site::image_directories);
    EXPECT_EQ(file(paths, "[a, /b]"), "/etc/sf/a, /b");
    EXPECT_EQ(variable(paths, "a"), here / "a");
    const auto place = kind::place({&Site::compiler, &Compiler::remote});
    EXPECT_EQ(file(place, "redis://h"), "redis://h");
    EXPECT_EQ(file(place, "r"), "/etc/sf/r");
    EXPECT_EQ(option(place, "redis://h"), "redis://h");
    EXPECT_EQ(option(place, "r"), here / "r");
    const auto places = kind::places({&Site::network, &Network::mirrors}, {"mirror", {"file", "https"}});
    EXPECT_EQ(file(places, "[\"https://me:secret@h/\", m]"), "https://***@h/, /etc/sf/m");
    EXPECT_EQ(option(places, "ftp://h"), "--x: the mirror 'ftp://h' is neither a directory nor a file or https URL");
    EXPECT_EQ(variable(places, ""), "environment: a mirror is empty");
}

TEST_F(KindTest, Variables)
{
    const auto kind = kind::variables({&Site::compiler, &Compiler::variables}, {"A_", "B_", "C_"});
    EXPECT_EQ(file(kind, "{B_X: 1, A_Y: 2}"), "A_Y=2, B_X=1");
    EXPECT_EQ(file(kind, "{PATH: /}"), "/etc/sf/config.yaml:1:13: 'PATH' is not one of A_*, B_* and C_*");
}

} // namespace
} // namespace sf::site
