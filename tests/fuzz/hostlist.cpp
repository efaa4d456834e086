// Hostlists, also many in a file.
#include "deploy/hostlist.hpp"

#include "fuzz/scratch.hpp"

#include <set>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using sf::fuzz::require;
    const auto text = sf::fuzz::text_of(bytes, size);
    static_cast<void>(sf::deploy::read_hostlists(text, "hosts"));
    const auto names = sf::deploy::expand_hostlist(text);
    if (!names)
        return 0;
    require(names->size() <= 1'000'000, "a hostlist has at most a million names");
    const std::set<std::string> once(names->begin(), names->end());
    require(once.size() == names->size(), "each name is there once");
    require(!once.contains("") && once.lower_bound("-") == once.upper_bound("-~"), "no name is an option");
    if (names->size() > 5000) // folding is slower, and what is large is no other case
        return 0;
    const auto again = sf::deploy::expand_hostlist(sf::deploy::fold_hostlist(*names));
    require(again && std::set<std::string>(again->begin(), again->end()) == once,
            "names that were folded are the same names");
    return 0;
}
