// Advisories of strangers, and what is looked up in them.
#include "advisory/advisory.hpp"

#include "fuzz/scratch.hpp"

#include <set>

using sf::advisory::State;
using sf::fuzz::require;
using sf::spec::Version;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    sf::advisory::Set set;
    if (!set.add_text(sf::fuzz::text_of(bytes, size), "advisory", {{"slurm-wlm", {"slurm"}}}))
        return 0;
    const sf::advisory::Subject subject{"slurm", "24.11.5", {{"a.patch", {"CVE-2026-65107"}}}};
    std::set<std::string> ids;
    for (const auto& finding : sf::advisory::assess(set, subject)) {
        require(!finding.advisory->id.empty(), "a hole has a name");
        require(ids.insert(finding.advisory->id).second, "each hole is found once");
        require((finding.state == State::patched) == !finding.patches.empty(), "patches close what is patched");
        if (finding.fixed_in.empty())
            continue;
        const auto fixed = Version::parse(finding.fixed_in);
        require(fixed && *fixed > *Version::parse(subject.version), "a later version mends it");
    }
    return 0;
}
