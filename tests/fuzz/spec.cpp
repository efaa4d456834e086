// Specs, versions, ranges, targets: what can be read reads the same once it is written.
#include "spec/spec.hpp"

#include "fuzz/scratch.hpp"
#include "spec/target.hpp"
#include "util/byte_size.hpp"

namespace {

using sf::fuzz::require;

void check_versions(std::string_view text)
{
    const auto middle = text.find(' ');
    const auto left = sf::spec::Version::read(text.substr(0, middle));
    if (!left)
        return;
    require(left->to_string() == text.substr(0, middle), "a version is written as it was read");
    require(left->is_prefix_of(*left), "a version is a prefix of itself");
    const auto range = sf::spec::VersionRange::read("=" + left->to_string());
    require(range && range->contains(*left), "an exact range has its version");
    for (std::size_t count = 1; count < 5; ++count) {
        const auto series = sf::spec::Version::read(left->up_to(count));
        require(series.has_value(), "a series is a version");
    }
    const auto right =
        middle == std::string_view::npos ? *left : sf::spec::Version::read(text.substr(middle + 1)).value_or(*left);
    require((*left < right) == (right > *left) && (*left == right) == (right == *left), "the order is one");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    if (const auto spec = sf::spec::Spec::read(text)) {
        const auto again = sf::spec::Spec::read(spec->to_string());
        require(again.has_value(), "a spec that was written can be read");
        require(*again == *spec && again->to_string() == spec->to_string(), "a spec that was written reads the same");
    } else {
        require(spec.error().offset <= size, "the fault lies in the text");
    }
    if (const auto range = sf::spec::VersionRange::read(text))
        require(range->to_string() == text, "a range is written as it was read");
    check_versions(text);
    if (const auto target = sf::spec::Target::parse(text); target && text != "native" && text != "generic")
        require(target->to_string() == text, "a target is written as it was read");
    static_cast<void>(sf::util::parse_size(text));
    return 0;
}
