// libsolv (https://github.com/openSUSE/libsolv) behind values that own what they hold. The rest of the program sees
// neither its headers nor its global Ids.
//
// A candidate has a name; of all candidates of one name at most one is chosen. It provides capabilities and requires
// them: a chosen candidate's requirements are each met by a chosen one that provides it.
#pragma once

#include "util/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sf::solv {

/// A capability, or an expression over capabilities. Belongs to the pool that made it.
enum class Need : int {};
/// Something that can be chosen. Belongs to the pool that made it.
enum class Candidate : int {};

/// Why a problem arises: one of the rules that cannot hold together.
struct Rule {
    enum class Kind {
        nothing_provides, ///< `from` requires `need`, and no candidate provides it
        needs,            ///< `from` requires `need`
        same_name,        ///< `from` and `to` have the same name
        conflicts,        ///< `from` conflicts with `need` (and `to` provides it)
        wanted,           ///< `need` was asked for
        other,
    };
    Kind kind = Kind::other;
    Candidate from{};
    Candidate to{};
    Need need{};
};

/// What was chosen; or, when nothing can be, the rules of the first problem.
struct SolverOutcome {
    bool solved = false;
    std::vector<Candidate> chosen;
    std::vector<Rule> rules;
};

class Pool {
public:
    Pool();
    ~Pool();
    Pool(Pool&&) noexcept;
    Pool& operator=(Pool&&) noexcept;

    /// The capability of that name; the same Need each time.
    [[nodiscard]] Need capability(std::string_view name);
    [[nodiscard]] Need all_of(Need a, Need b);
    [[nodiscard]] Need any_of(Need a, Need b);
    /// `need`, where `condition` holds; candidates are not chosen to make the condition hold or not.
    [[nodiscard]] Need where(Need need, Need condition);

    /// Candidates of one name are tried in the order of falling `rank` (at least 0). Among those of different names
    /// that meet a requirement, the ones with the higher `priority` come first. It provides `name` as a capability.
    Candidate add(std::string_view name, int rank, int priority = 0);
    void provide(Candidate candidate, Need capability);
    void require(Candidate candidate, Need need);
    void conflict(Candidate candidate, Need need);

    /// Chooses so that all of `wanted` are met; the same pool gives the same answer. Deterministic.
    [[nodiscard]] util::Result<SolverOutcome> solve(const std::vector<Need>& wanted);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace sf::solv
