#include "yaml/yaml.hpp"

#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace sf::yaml {
namespace {

Document must_parse(const std::string& text)
{
    auto document = Document::parse(text, "f.yaml");
    if (!document)
        throw std::runtime_error(document.error().message);
    return std::move(*document);
}

util::Error fault_of(const std::string& text)
{
    const auto document = Document::parse(text, "f.yaml");
    if (document) {
        ADD_FAILURE() << "parsed:\n" << text;
        return {};
    }
    return document.error();
}

TEST(Yaml, ScalarsStayAsWritten)
{
    const auto document = must_parse("a: 24.10\nb: \"0755\"\nc: on\nd: 'it''s'\ne: |\n  two\n  lines\n");
    const auto top = document.root().mapping();
    ASSERT_TRUE(top);
    EXPECT_EQ(top->require("a")->text(), "24.10");
    EXPECT_EQ(top->require("b")->text(), "0755");
    EXPECT_EQ(top->require("c")->text(), "on");
    EXPECT_EQ(top->require("d")->text(), "it's");
    EXPECT_EQ(top->require("e")->text(), "two\nlines\n");
}

TEST(Yaml, EntriesKeepTheOrderAndPlacesOfTheFile)
{
    const auto document = must_parse("zeta: 1\nalpha:\n  - x\n  -   y\n");
    const auto top = document.root().mapping();
    ASSERT_TRUE(top);
    const auto entries = top->entries();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].key, "zeta");
    EXPECT_EQ(entries[1].key, "alpha");
    EXPECT_EQ(entries[1].where.to_string(), "f.yaml:2:1");
    const auto items = entries[1].value.sequence();
    ASSERT_TRUE(items);
    EXPECT_EQ(items->at(1).location().to_string(), "f.yaml:4:7");
}

TEST(Yaml, UnknownKeysNameTheNearest)
{
    const auto document = must_parse("suite: bookworm\npakages: [gcc]\n");
    const auto top = document.root().mapping({"suite", "packages"});
    ASSERT_FALSE(top);
    EXPECT_EQ(top.error().code, util::ErrorCode::recipe);
    EXPECT_EQ(top.error().message, "f.yaml:2:1: unknown key 'pakages' in the file");
    EXPECT_EQ(top.error().hint, "did you mean 'packages'?");
}

TEST(Yaml, UnknownKeysWithoutANearOneListAll)
{
    const auto document = must_parse("top: {zzzzzzzz: 1}\n");
    const auto top = document.root().mapping({"top"});
    ASSERT_TRUE(top);
    const auto inner = top->require("top")->mapping({"suite", "packages"});
    ASSERT_FALSE(inner);
    EXPECT_EQ(inner.error().message, "f.yaml:1:7: unknown key 'zzzzzzzz' in 'top'");
    EXPECT_EQ(inner.error().hint, "known keys: suite, packages");
}

TEST(Yaml, WrongKindsAreNamed)
{
    const auto document = must_parse("a: [1]\nb: {c: d}\nc: text\nd:\ne: [{}]\n");
    const auto top = *document.root().mapping();
    EXPECT_EQ(top.require("a")->text().error().message, "f.yaml:1:4: 'a' must be a single value, not a list");
    EXPECT_EQ(top.require("b")->sequence().error().message, "f.yaml:2:4: 'b' must be a list, not a mapping");
    EXPECT_EQ(top.require("c")->mapping().error().message,
              "f.yaml:3:4: 'c' must be a mapping (key: value), not a single value");
    EXPECT_EQ(top.require("d")->text().error().message, "f.yaml:4:1: 'd' must be a single value, not nothing");
    EXPECT_EQ(top.require("e")->texts().error().message,
              "f.yaml:5:5: an item of 'e' must be a single value, not a mapping");
    EXPECT_EQ(top.require("z").error().message, "f.yaml:1:1: the file lacks the key 'z'");
}

TEST(Yaml, BooleansAndNumbersAreStrict)
{
    const auto document = must_parse("t: true\ny: yes\nn: 12\nneg: -1\nhex: 0x10\nbig: 99999999999999999999\nx: 3.0\n");
    const auto top = *document.root().mapping();
    EXPECT_EQ(top.require("t")->boolean(), true);
    EXPECT_EQ(top.require("y")->boolean().error().message, "f.yaml:2:4: 'y' must be true or false, not 'yes'");
    EXPECT_EQ(top.require("n")->number(), 12U);
    EXPECT_EQ(top.require("n")->number(0, 11).error().message, "f.yaml:3:4: 'n' must be between 0 and 11, not 12");
    for (const char* key : {"neg", "hex", "x"})
        EXPECT_NE(top.require(key)->number().error().message.find("must be a whole number"), std::string::npos) << key;
    EXPECT_NE(top.require("big")->number().error().message.find("must be between"), std::string::npos);
}

TEST(Yaml, ReadLeavesAbsentValuesAlone)
{
    const auto document = must_parse("jobs: 4\nwords: [a, b]\nname: x\noff: false\n");
    const auto top = *document.root().mapping();
    unsigned jobs = 1;
    std::uint64_t bytes = 7;
    std::string name = "old";
    bool off = true;
    std::vector<std::string> words;
    EXPECT_TRUE(top.read("jobs", jobs));
    EXPECT_TRUE(top.read("bytes", bytes));
    EXPECT_TRUE(top.read("name", name));
    EXPECT_TRUE(top.read("off", off));
    EXPECT_TRUE(top.read("words", words));
    EXPECT_EQ(jobs, 4U);
    EXPECT_EQ(bytes, 7U);
    EXPECT_EQ(name, "x");
    EXPECT_FALSE(off);
    EXPECT_EQ(words, (std::vector<std::string>{"a", "b"}));
    EXPECT_FALSE(top.read("name", jobs));
}

TEST(Yaml, FaultsInsideAScalarPointIntoIt)
{
    const auto document = must_parse("a: plain\nb: \"quoted\"\nc: |\n  block\n");
    const auto top = *document.root().mapping();
    EXPECT_EQ(top.require("a")->fail_inside(2, "x").value().message, "f.yaml:1:6: x");
    EXPECT_EQ(top.require("b")->fail_inside(2, "x").value().message, "f.yaml:2:7: x");
    EXPECT_EQ(top.require("c")->fail_inside(2, "x").value().message, "f.yaml:3:4: x");
}

TEST(Yaml, PlacesCountCharactersNotBytes)
{
    const auto document = must_parse("a: {müßig: \"größer als\"} # ÄÖÜ\nb: plain\n");
    const auto top = *document.root().mapping();
    const auto inner = *top.require("a")->mapping();
    EXPECT_EQ(inner.require("müßig")->fail_inside(0, "x").value().message, "f.yaml:1:13: x");
    EXPECT_EQ(top.require("b")->fail_inside(1, "x").value().message, "f.yaml:2:5: x");
}

TEST(Yaml, BytesThatAreNotTextHaveTheirPlace)
{
    EXPECT_EQ(fault_of("a: 1\nbc: \xff\n").message.rfind("f.yaml:2:5: not valid YAML", 0), 0U);
}

TEST(Yaml, NullIsNothingUnlessQuoted)
{
    const auto document = must_parse("a: ~\nb: null\nc: 'null'\nd: ''\n");
    const auto top = *document.root().mapping();
    EXPECT_EQ(top.require("a")->kind(), Value::Kind::empty);
    EXPECT_EQ(top.require("b")->kind(), Value::Kind::empty);
    EXPECT_EQ(top.require("c")->text(), "null");
    EXPECT_EQ(top.require("d")->text(), "");
}

TEST(Yaml, DuplicateKeysAreRefused)
{
    const auto fault = fault_of("a: 1\nb: {x: 1, x: 2}\n");
    EXPECT_EQ(fault.message, "f.yaml:2:11: key 'x' appears twice, first in line 2");
    EXPECT_EQ(fault_of("a: 1\n\n\"a\": 2\n").message, "f.yaml:3:1: key 'a' appears twice, first in line 1");
}

TEST(Yaml, SyntaxErrorsHaveTheirPlace)
{
    const auto fault = fault_of("a: 1\nb: [1, 2\nc: 3\n");
    EXPECT_EQ(fault.code, util::ErrorCode::recipe);
    EXPECT_EQ(fault.message.rfind("f.yaml:", 0), 0U) << fault.message;
    EXPECT_NE(fault.message.find("not valid YAML"), std::string::npos);
    EXPECT_FALSE(fault.hint.empty());
    EXPECT_EQ(fault_of("a: 1\n\tb: 2\n").message.rfind("f.yaml:2:", 0), 0U);
    EXPECT_EQ(fault_of("when: @23\n").message.rfind("f.yaml:1:7: ", 0), 0U);
}

TEST(Yaml, UnusualFeaturesAreRefused)
{
    EXPECT_NE(fault_of("a: &x 1\nb: *x\n").message.find("f.yaml:1:4: anchors"), std::string::npos);
    EXPECT_NE(fault_of("a: !!binary aGk=\n").message.find("tags are not used"), std::string::npos);
    EXPECT_EQ(fault_of("a: 1\n---\nb: 2\n").message, "f.yaml:2:1: a second YAML document begins here");
    EXPECT_EQ(fault_of("{a: 1}: 2\n").message, "f.yaml:1:1: a key must be a plain word, not a list or mapping");
    EXPECT_EQ(fault_of("~: 1\n").message, "f.yaml:1:1: a key is missing before ':'");
    EXPECT_EQ(fault_of(std::string(40, '[') + std::string(40, ']')).message,
              "f.yaml:1:33: nested more than 32 levels deep");
    EXPECT_FALSE(fault_of(std::string(100000, '[')).message.empty());
}

std::string many_keys(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "k" + std::to_string(i) + ": 1\n";
    return text;
}

TEST(Yaml, ManyKeysAreReadInTimeThatGrowsWithThem)
{
    const auto text = many_keys(30'000);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(must_parse(text).root().mapping().value().entries().size(), 30'000U);
    const auto once = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(fault_of(text + "k7: 2\n").message, "f.yaml:30001:1: key 'k7' appears twice, first in line 8");
    EXPECT_EQ(fault_of(text + "k70: 2\n").message, "f.yaml:30001:1: key 'k70' appears twice, first in line 71");
    // A tenth of them takes a tenth of the time, and not a hundredth; the machine may be busy.
    const auto middle = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i)
        must_parse(many_keys(3'000));
    EXPECT_LT(once, 5 * (std::chrono::steady_clock::now() - middle));
}

TEST(Yaml, TheMemoryThatAFileTakesIsBounded)
{
    EXPECT_EQ(fault_of(many_keys(300'000)).message, "f.yaml:100000:9: more than 200000 keys and values");
    EXPECT_EQ(fault_of(std::string((16U << 20U) + 1, '#')).message, "f.yaml:1:1: the file has more than 16.0 MiB");
    std::string items = "[";
    for (int i = 0; i < 200'000; ++i)
        items += "a,\n";
    EXPECT_EQ(fault_of(items + "]").message, "f.yaml:200000:1: more than 200000 keys and values");
    const auto endless = Document::load("/dev/zero");
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().message, "/dev/zero:1:1: the file has more than 16.0 MiB");
}

TEST(Yaml, AFileWithoutContentIsEmpty)
{
    EXPECT_EQ(must_parse("").root().kind(), Value::Kind::empty);
    EXPECT_EQ(must_parse("# only a comment\n").root().kind(), Value::Kind::empty);
    EXPECT_EQ(must_parse("# c\n").root().mapping().error().message,
              "f.yaml:1:1: the file must be a mapping (key: value), not nothing");
}

TEST(Yaml, AnyBytesAreAResult)
{
    // No crash and no exception, whatever is in the file.
    const std::string base = "name: [a, \"b\", {c: 'd'}]\ntext: |\n  x\n";
    for (std::size_t i = 0; i < base.size(); ++i) {
        for (const char c : {'\0', '\t', '{', ']', ':', '-', '"', '*', '\n', '\xff', '%', '!'}) {
            std::string text = base;
            text[i] = c;
            const auto document = Document::parse(text, "f.yaml");
            if (!document) {
                EXPECT_EQ(document.error().message.rfind("f.yaml:", 0), 0U) << document.error().message;
            }
        }
    }
}

TEST(Yaml, LoadReadsAFileAndNamesIt)
{
    const auto directory = util::TempDir::make("/tmp", "sf-yaml-test");
    ASSERT_TRUE(directory);
    const auto file = directory->path() / "a.yaml";
    ASSERT_TRUE(util::write_file_atomic(file, "a: 1\n"));
    const auto document = Document::load(file);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().location().to_string(), file.string() + ":1:1");
    EXPECT_FALSE(Document::load(directory->path() / "missing.yaml"));
}

} // namespace
} // namespace sf::yaml
