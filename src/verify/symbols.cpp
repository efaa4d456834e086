#include "verify/symbols.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <iterator>

namespace sf::verify {
namespace {

bool matches_any(const std::vector<std::string>& globs, const std::string& text)
{
    return std::any_of(globs.begin(), globs.end(), [&text](const auto& glob) { return util::glob_match(glob, text); });
}

/// A library that the site lets come from the system, and whose symbols may have no versions as those of glibc do.
bool is_foreign(const std::string& library, const Policy& policy)
{
    return matches_any(policy.system_libraries, library) && !matches_any(Policy::default_system_libraries(), library);
}

/// "a, b, c and 4 more"
std::string listed(std::vector<std::string> symbols)
{
    constexpr std::size_t most = 5;
    const auto more = symbols.size() > most ? symbols.size() - most : 0;
    symbols.resize(symbols.size() - more);
    return util::join(symbols, ", ") + (more == 0 ? "" : fmt::format(" and {} more", more));
}

} // namespace

void TreeSymbols::add_file(const std::filesystem::path& relative, const relocate::ElfInfo& info,
                           relocate::Symbols symbols)
{
    defined_.insert(std::make_move_iterator(symbols.defined.begin()), std::make_move_iterator(symbols.defined.end()));
    const bool foreign = std::any_of(info.needed.begin(), info.needed.end(),
                                     [this](const auto& library) { return is_foreign(library, policy_); });
    if (info.loadable && !foreign && !symbols.wanted.empty())
        wanted_[relative.string()] = std::move(symbols.wanted);
}

bool TreeSymbols::comes_from_elsewhere(const std::string& symbol) const
{
    return matches_any(policy_.system_symbols, symbol);
}

void TreeSymbols::check(VerifyReport& report) const
{
    std::set<std::string> without_library; // whose symbols are missing with it
    for (const auto& finding : report.violations)
        if (finding.kind == Finding::Kind::missing_library)
            without_library.insert(finding.file);
    for (const auto& [file, wanted] : wanted_) {
        if (without_library.contains(file))
            continue;
        std::vector<std::string> missing;
        std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(missing), [this](const auto& symbol) {
            return !defined_.contains(symbol) && !comes_from_elsewhere(symbol);
        });
        if (missing.empty())
            continue;
        std::sort(missing.begin(), missing.end());
        report.violations.push_back({Finding::Kind::unresolved_symbol, file, listed(std::move(missing))});
    }
}

} // namespace sf::verify
