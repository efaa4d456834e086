// A site's policy for `verify`, and the licences that foreign manifests state.
#include "verify/policy.hpp"

#include "fuzz/scratch.hpp"
#include "recipe/license.hpp"
#include "verify/licenses.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    static_cast<void>(sf::verify::Policy::parse(text, "policy.yaml"));
    static_cast<void>(sf::recipe::license_fault(text));
    sf::verify::Policy policy;
    policy.allowed_licenses = {"GPL-*", "MIT", "* WITH *-exception*"};
    policy.denied_licenses = {"AGPL-*"};
    static_cast<void>(sf::verify::license_problem(text, policy));
    return 0;
}
