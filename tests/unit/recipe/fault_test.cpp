// Every mistake in a recipe has its place, a message and a way to mend it.
#include "recipe/recipe.hpp"

#include "full_recipe.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sf::recipe {
namespace {

struct Fault {
    const char* from; ///< in the full recipe
    const char* to;
    const char* message;
    const char* hint;
};

const std::vector<Fault> faults = {
    // The file
    {"name: demo", "name: [demo", "recipe.yaml:2:12: not valid YAML: did not find expected ',' or ']'", nullptr},
    {"slices:", "slises:", "recipe.yaml:35:1: unknown key 'slises' in the file", "did you mean 'slices'?"},
    {"slices:", "variants:", "recipe.yaml:35:1: key 'variants' appears twice, first in line 14",
     "merge the two or remove one"},
    // Support
    {"variants:\n", "support:\n  - {series: \"24.11\", until: 2028-08, by: me}\nvariants:\n",
     "recipe.yaml:15:14: no version of this recipe belongs to the series 24.11",
     "remove the entry, or add the version"},
    {"variants:\n", "support:\n  - {series: \"24..1\", until: 2028-08, by: me}\nvariants:\n",
     R"(recipe.yaml:15:17: bad series "24..1": '.' must be between digits or letters)", ""},
    {"variants:\n", "support:\n  - {series: \"24.10\", until: 2028-13, by: me}\nvariants:\n",
     "recipe.yaml:15:30: '2028-13' is not a date", "give the last month or day, as in 2028-08 or 2028-08-31"},
    {"variants:\n", "support:\n  - {series: \"24.10\", until: 2027-02-29, by: me}\nvariants:\n",
     "recipe.yaml:15:30: '2027-02-29' is not a date", "give the last month or day, as in 2028-08 or 2028-08-31"},
    {"variants:\n", "support:\n  - {series: \"24.10\", until: 2028-08, by: \"\"}\nvariants:\n",
     "recipe.yaml:15:43: 'by' is empty", "name who supports these versions"},
    {"variants:\n",
     "support:\n  - {series: \"24.10\", until: 2028-08, by: me}\n  - {series: \"24.10\", until: 2029-08, by: "
     "me}\nvariants:\n",
     "recipe.yaml:16:5: the support of 24.10 by me appears twice", "remove one"},
    // The package
    {"name: demo", "name: other", "recipe.yaml:1:7: the name is 'other', but the recipe's directory is 'demo'",
     "make the two equal"},
    {"name: demo", "name: Demo", "recipe.yaml:1:7: 'Demo' is not a package name",
     "use lower-case letters, digits, '-' and '_', beginning with a letter or digit"},
    {"name: demo", "name: {}", "recipe.yaml:1:7: 'name' must be a single value, not a mapping", ""},
    {"description: One line.", "description: |\n  two\n  lines",
     "recipe.yaml:2:14: 'description' must be one line of text", ""},
    {"homepage: https", "homepage: gopher", "recipe.yaml:3:11: 'gopher://demo.example.org/' is not a web address",
     "begin with https:// or http://"},
    {"license: GPL-3.0-or-later", "license: GPL or later",
     "recipe.yaml:4:10: 'GPL or later' is not an SPDX licence expression: AND, OR, WITH or ')' is expected instead of "
     "'or'",
     "write identifiers of https://spdx.org/licenses joined by AND, OR or WITH"},
    {"json: {default: true", "json: {default: false, only_with: json-c",
     "recipe.yaml:15:37: 'only_with' belongs to a variant whose default is true", "remove it"},
    {"json: {default: true", "json: {default: true, only_with: json c",
     "recipe.yaml:15:36: 'json c' is not a package name", "name one package"},
    // Versions
    {"version: 24.10\n", "version: 24..10\n",
     R"(recipe.yaml:6:16: bad version "24..10": '.' must be between digits or letters)", ""},
    {R"(version: "22.05rc1")", R"(version: "24.010")",
     "recipe.yaml:11:5: version 24.010 appears twice (first as 24.10)", "merge their sources or remove one"},
    {R"(version: "22.05rc1")", "version: 1\n    preferred: true", "recipe.yaml:11:5: both 24.10 and 1 are preferred",
     "at most one version is preferred"},
    {"preferred: true", "preferred: yes", "recipe.yaml:7:16: 'preferred' must be true or false, not 'yes'", ""},
    {"preferred: true", "prefered: true", "recipe.yaml:7:5: unknown key 'prefered' in an item of 'versions'",
     "did you mean 'preferred'?"},
    {R"(- {apt: demo-src, version: "24.10")", "- {apt: demo-src",
     "recipe.yaml:9:9: an item of 'sources' lacks the key 'version'", ""},
    {"apt: demo-src", R"(apt: demo-src, url: "https://h/x")", "recipe.yaml:9:9: a source has either 'url' or 'apt'",
     "list each place as a separate source"},
    {R"({url: "file:)", R"({file: x, url: "file:)", "recipe.yaml:13:16: 'file' belongs to an apt source, not to a url",
     "remove it"},
    {"https://demo.example.org/get", "ftp://demo.example.org/get",
     "recipe.yaml:10:15: 'ftp://demo.example.org/get/demo-24.10.tar.gz?x=1' is not an address for downloads",
     "begin with https://, http:// or file:///"},
    {"demo-24.10.tar.gz?x=1", "?demo", "recipe.yaml:10:9: '' is not a file name",
     "a url must end in the archive's name; 'file' is a name without directories"},
    {"file: demo_", "file: ../demo_", "recipe.yaml:9:9: '../demo_24.10.orig.tar.gz' is not a file name",
     "a url must end in the archive's name; 'file' is a name without directories"},
    {"sha256: aaaaaaaa", "sha256: xyz",
     "recipe.yaml:9:81: 'xyzaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a sha256",
     "give the 64 hexadecimal digits that sha256sum prints"},
    // Variants
    {"json: {default: true", "json: {default: on",
     "recipe.yaml:15:19: variant 'json' has the default 'on', but no values",
     "a variant without 'values' is boolean: its default is true or false"},
    {"auth: {default: munge", "auth: {default: slurm",
     "recipe.yaml:16:19: the default 'slurm' of variant 'auth' is not one of its values", "values: munge, none"},
    {"auth: {default: munge, ", "auth: {", "recipe.yaml:16:9: 'auth' lacks the key 'default'", ""},
    {"[munge, none]", "[munge, munge]", "recipe.yaml:16:42: the value 'munge' appears twice", "remove one"},
    {"[munge, none]", "[munge, no ne]", "recipe.yaml:16:42: 'no ne' cannot be a variant's value",
     "use letters, digits and _ . - , / : and neither true nor false"},
    {"json: {", "target: {", "recipe.yaml:15:11: 'target' cannot be a variant's name",
     "use letters, digits, '-' and '_'; 'target' is taken"},
    {"auth: {", "auth: {turns_off: [json], ", "recipe.yaml:16:21: 'turns_off' belongs to a variant that is on or off",
     "write 'defaults' for each of the variants"},
    {"json: {", "json: {turns_off: json, ", "recipe.yaml:15:21: 'turns_off' must be a list, not a single value", ""},
    {"json: {", "json: {turns_on: [jsn], ", "recipe.yaml:15:21: the variant 'jsn' is not declared",
     "did you mean 'json'?"},
    {"json: {", "json: {turns_on: [json], ", "recipe.yaml:15:21: 'json' cannot turn 'json' on or off",
     "name other variants, whose values are true and false"},
    {"json: {", "json: {turns_on: [auth], ", "recipe.yaml:15:21: 'json' cannot turn 'auth' on or off",
     "name other variants, whose values are true and false"},
    {"  json: {", "  web: {default: true}\n  json: {turns_on: [web], turns_off: [web], ",
     "recipe.yaml:16:39: the default of 'web' with +json is given twice", "remove one"},
    // Dependencies and conditions
    {R"({spec: "cmake", type: build})", "demo", "recipe.yaml:20:5: 'demo' depends on itself", "remove this dependency"},
    {"openssl@3:", "openssl@@3",
     R"(recipe.yaml:18:21: bad spec "openssl@@3", column 9: a version or range is expected, such as 24.11, =24.11.5, )"
     "1.2:1.4 or 2:",
     ""},
    {R"("json-c")", "json-c %gcc",
     R"(recipe.yaml:19:19: bad spec "json-c %gcc", column 8: compilers (%) are not chosen by spec)",
     "the compiler is that of the base image; leave the % part out"},
    {"openssl@3:", "+ssl", "recipe.yaml:18:12: the dependency has no package name",
     "begin the spec with one, as in openssl@3:"},
    {"openssl@3:", "demo", "recipe.yaml:18:12: 'demo' depends on itself", "remove this dependency"},
    {"openssl@3:", "openssl ^zlib", "recipe.yaml:18:12: a dependency's spec has neither ^ nor target=",
     "constrain that package in a separate dependency"},
    {"[build, link]", "[build, lnk]", "recipe.yaml:18:40: 'lnk' is not a dependency type", "types: build, link, run"},
    {"[build, link]", "[]", "recipe.yaml:18:32: the list of types is empty", "types: build, link, run"},
    {R"("json-c", when: "+json")", R"("json-c", when: "+jsn")", "recipe.yaml:19:28: the variant 'jsn' is not declared",
     "did you mean 'json'?"},
    {R"("json-c", when: "+json")", R"("json-c", when: "+zzzzzz")",
     "recipe.yaml:19:28: the variant 'zzzzzz' is not declared", "declare it under 'variants'"},
    {R"("auth=none")", "auth=kerberos", "recipe.yaml:28:31: variant 'auth' is never 'kerberos'", "values: munge, none"},
    {R"("@24.10")", R"("other@24.10")", "recipe.yaml:33:27: the condition is about 'other', not about this package",
     "a condition holds versions and variants of its own recipe: leave the name out"},
    {R"("@24.10")", R"("@24.10 ^zlib")",
     "recipe.yaml:33:27: a condition has neither ^ nor target=", "use versions and variants of this recipe only"},
    {R"("@24.10")", "@24.10", "recipe.yaml:33:27: not valid YAML: found character that cannot start any token",
     nullptr},
    // The build
    {"system: autotools", "system: autotool", "recipe.yaml:22:11: unknown build system 'autotool'",
     "did you mean 'autotools'?"},
    {"system: autotools", "system: waf", "recipe.yaml:22:11: unknown build system 'waf'",
     "build systems: autotools, cmake, make, custom"},
    {"system: autotools", "system: make", "recipe.yaml:26:5: build system 'make' has no use for 'configure'",
     "write the commands as steps: {configure: ...}"},
    {"steps: {prepare", "steps: {build: make, prepare",
     "recipe.yaml:29:9: 'make' is not used, because the step 'build' replaces that phase",
     "move the arguments into the step"},
    {"steps: {prepare", "steps: {perpare", "recipe.yaml:31:11: unknown key 'perpare' in 'steps'",
     "did you mean 'prepare'?"},
    {"directory: src/top", "directory: ../top", "recipe.yaml:23:14: '../top' is not a relative path",
     "begin without / and leave .. out"},
    {"KEY:", "1KEY:", "recipe.yaml:24:23: '1KEY' cannot be the name of an environment variable",
     "use letters, digits and '_', beginning with no digit"},
    {"--plain={prefix}", "--plain={prefx}", "recipe.yaml:26:15: unknown placeholder {prefx}", "did you mean {prefix}?"},
    {"--plain={prefix}", "--plain=${prefix}", "recipe.yaml:26:15: '${prefix}' is a shell variable, not a placeholder",
     "write {prefix} without the $"},
    {R"("VERSION={version}")", R"("VERSION={nothing_like_it}")",
     "recipe.yaml:30:22: unknown placeholder {nothing_like_it}", "placeholders: {prefix}, {version}, {jobs}"},
    {"{prefix}/x", "{jobs}/x", "recipe.yaml:24:23: unknown placeholder {jobs}", "placeholders: {prefix}, {version}"},
    {R"(arg: "-j{jobs}", )", "", "recipe.yaml:28:7: a conditional argument has either 'arg' or 'args'",
     R"(write {arg: "--x", when: "+y"} or {args: ["--x", "--z"], when: "+y"})"},
    {R"("-j{jobs}", when: "auth=none")", R"("-j{jobs}", else: x, when: "auth=none")",
     "recipe.yaml:28:31: 'else' needs a 'when' with one variant that is on or off",
     R"(write {arg: "--with-x", else: "--without-x", when: +x})"},
    {R"("-j{jobs}", when: "auth=none")", R"("-j{jobs}", else: x, when: "@24.10")",
     "recipe.yaml:28:31: 'else' needs a 'when' with one variant that is on or off",
     R"(write {arg: "--with-x", else: "--without-x", when: +x})"},
    {R"("-j{jobs}", when: "auth=none")", R"("-j{jobs}", else: x, when: "+json auth=none")",
     "recipe.yaml:28:31: 'else' needs a 'when' with one variant that is on or off",
     R"(write {arg: "--with-x", else: "--without-x", when: +x})"},
    {R"("-j{jobs}", when: "auth=none")", R"("-j{jobs}", else: x)",
     "recipe.yaml:28:31: 'else' needs a 'when' with one variant that is on or off",
     R"(write {arg: "--with-x", else: "--without-x", when: +x})"},
    {R"("-j{jobs}", when: "auth=none")", R"("-j{jobs}", else: "{prefx}", when: +json)",
     "recipe.yaml:28:32: unknown placeholder {prefx}", "did you mean {prefix}?"},
    {"make: [V=1]", "make: V=1", "recipe.yaml:29:9: 'make' must be a list, not a single value", ""},
    // Patches, slices, relocation
    {"strip: 0", "strip: minus", "recipe.yaml:33:44: 'strip' must be a whole number, not 'minus'", ""},
    {"file: x.patch", "file: /x.patch", "recipe.yaml:33:12: '/x.patch' is not a relative path",
     "begin without / and leave .. out"},
    {R"("bin/**")", R"("/bin/**")", "recipe.yaml:35:16: '/bin/**' is not a relative path",
     "begin without / and leave .. out"},
    {R"(reason: "Only printed by --help.")", R"(reason: "")", "recipe.yaml:38:42: the reason is empty",
     "say why it is harmless that the file mentions the prefix"},
    // Hardening
    {"without: [bind-now]", "without: [bindnow]", "recipe.yaml:40:13: there is no protection 'bindnow'",
     "did you mean 'bind-now'?"},
    {"without: [bind-now]", "without: [fortify]",
     "recipe.yaml:40:13: no item of 'allow' says why the package is built without fortify",
     "add {what: fortify, path: GLOB, reason: WHY} to 'allow'"},
    {R"(reason: "plugins")", R"(reason: "")", "recipe.yaml:42:53: the reason is empty",
     "say why the file cannot have the protection"},
};

TEST(RecipeFaults, HavePlaceMessageAndHint)
{
    const test::DemoDirectory directory;
    for (const Fault& fault : faults) {
        const auto text = test::changed(test::full_recipe, fault.from, fault.to);
        const auto parsed = parse_recipe(text, "recipe.yaml", directory.path());
        ASSERT_FALSE(parsed) << fault.to;
        EXPECT_EQ(parsed.error().message, fault.message) << fault.to;
        if (fault.hint != nullptr) {
            EXPECT_EQ(parsed.error().hint, fault.hint) << fault.to;
        }
        EXPECT_EQ(parsed.error().code, util::ErrorCode::recipe) << fault.to;
    }
}

TEST(RecipeFaults, EmptyFileVersionsAndSources)
{
    const auto parse = [](const std::string& text) { return parse_recipe(text, "r", "/nowhere/demo").error().message; };
    EXPECT_EQ(parse(""), "r:1:1: the file must be a mapping (key: value), not nothing");
    EXPECT_EQ(parse("- a\n"), "r:1:1: the file must be a mapping (key: value), not a list");
    const std::string head = "name: demo\ndescription: d\nlicense: MIT\n";
    EXPECT_EQ(parse(head + "versions: []\n"), "r:4:11: 'versions' is empty");
    EXPECT_EQ(parse(head + "versions:\nbuild: {system: make}\n"), "r:4:1: 'versions' must be a list, not nothing");
    EXPECT_EQ(parse(head + "versions: [{version: 1, sources: []}]\nbuild: {system: make}\n"),
              "r:4:11: version 1 has no sources");
}

TEST(RecipeFaults, AMissingPatchIsNamed)
{
    const test::DemoDirectory directory;
    const auto text = test::changed(test::full_recipe, "file: more/y.patch", "file: more");
    const auto parsed = parse_recipe(text, "recipe.yaml", directory.path());
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message,
              "recipe.yaml:34:12: the patch " + (directory.path() / "more").string() + " does not exist");
}

TEST(RecipeFaults, CustomNeedsAnInstallStep)
{
    auto text = test::full_recipe.substr(0, test::full_recipe.find("build:"));
    const auto parsed = parse_recipe(text + "build: {system: custom, steps: {build: make}}\n", "r", "/nowhere/demo");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, "r:21:8: build system 'custom' needs the step 'install'");
    EXPECT_TRUE(parse_recipe(text + "build: {system: custom, steps: {install: make install}}\n", "r", "/nowhere/demo"));
}

TEST(RecipeFaults, ConfigureArgumentsServeAConfigureStep)
{
    auto text = test::full_recipe.substr(0, test::full_recipe.find("build:"));
    text += "build: {system: make, configure: [--x], steps: {configure: './configure \"$@\"'}}\n";
    EXPECT_TRUE(parse_recipe(text, "r", "/nowhere/demo"));
}

TEST(RecipeFaults, AnyDamageIsAResult)
{
    const test::DemoDirectory directory;
    for (std::size_t i = 0; i < test::full_recipe.size(); i += 3) {
        for (const char c : {'{', ':', '"', '\n', '@', '\xff'}) {
            auto text = test::full_recipe;
            text[i] = c;
            const auto parsed = parse_recipe(text, "recipe.yaml", directory.path());
            if (!parsed) {
                EXPECT_EQ(parsed.error().message.rfind("recipe.yaml:", 0), 0U) << parsed.error().message;
            }
        }
    }
}

} // namespace
} // namespace sf::recipe
