// Advisories of strangers, and what is looked up in them.
#include "advisory/advisory.hpp"

#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    sf::advisory::Set set;
    if (!set.add_text(sf::fuzz::text_of(bytes, size), "advisory", {{"slurm-wlm", {"slurm"}}}))
        return 0;
    const sf::advisory::Subject subject{"slurm", "24.11.5", {{"a.patch", {"CVE-2026-65107"}}}};
    for (const auto& finding : sf::advisory::assess(set, subject))
        sf::fuzz::require(!finding.advisory->id.empty(), "a hole has a name");
    return 0;
}
