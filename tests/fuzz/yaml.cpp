// YAML as all configuration is written in: every value of the tree is asked for in every way.
#include "yaml/yaml.hpp"
#include "fuzz/scratch.hpp"

namespace {

void look_at(const sf::yaml::Value& value)
{
    sf::fuzz::require(value.location().line >= 1 && value.location().column >= 1, "places count from 1");
    static_cast<void>(value.text());
    static_cast<void>(value.boolean());
    static_cast<void>(value.number(1, 100));
    static_cast<void>(value.texts());
    if (const auto items = value.sequence())
        for (const auto& item : *items)
            look_at(item);
    static_cast<void>(value.mapping({"name"}));
    if (value.kind() != sf::yaml::Value::Kind::mapping)
        return;
    const auto mapping = value.mapping();
    sf::fuzz::require(mapping.has_value(), "a mapping is one");
    for (const auto& entry : mapping->entries())
        look_at(entry.value);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (const auto document = sf::yaml::Document::parse(sf::fuzz::text_of(bytes, size), "fuzz.yaml"))
        look_at(document->root());
    return 0;
}
