#include "solv/solv.hpp"

#define LIBSOLV_SOLVABLE_PREPEND_DEP // `requires` is a keyword of C++20
#include <solv/evr.h>
#include <solv/knownid.h>
#include <solv/pool.h>
#include <solv/problems.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/rules.h>
#include <solv/solvable.h>
#include <solv/solver.h>

#include <map>

namespace sf::solv {
namespace {

/// A queue of libsolv's that frees itself.
class IdQueue {
public:
    IdQueue() { queue_init(&queue_); }
    ~IdQueue() { queue_free(&queue_); }
    IdQueue(const IdQueue&) = delete;
    IdQueue& operator=(const IdQueue&) = delete;
    [[nodiscard]] ::Queue* get() { return &queue_; }
    [[nodiscard]] std::vector<Id> values() const { return {queue_.elements, queue_.elements + queue_.count}; }

private:
    ::Queue queue_{};
};

struct SolverFree {
    void operator()(::Solver* solver) const { solver_free(solver); }
};

Rule::Kind kind_of(SolverRuleinfo info)
{
    switch (info) {
    case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
        return Rule::Kind::nothing_provides;
    case SOLVER_RULE_PKG_REQUIRES:
        return Rule::Kind::needs;
    case SOLVER_RULE_PKG_SAME_NAME:
        return Rule::Kind::same_name;
    case SOLVER_RULE_PKG_CONFLICTS:
    case SOLVER_RULE_PKG_SELF_CONFLICT:
        return Rule::Kind::conflicts;
    case SOLVER_RULE_JOB:
    case SOLVER_RULE_JOB_NOTHING_PROVIDES_DEP:
    case SOLVER_RULE_JOB_UNKNOWN_PACKAGE:
        return Rule::Kind::wanted;
    default:
        return Rule::Kind::other;
    }
}

std::vector<Rule> rules_of_first_problem(::Solver* solver)
{
    IdQueue rules;
    solver_findallproblemrules(solver, 1, rules.get());
    std::vector<Rule> result;
    for (const auto rule : rules.values()) {
        Id from = 0;
        Id to = 0;
        Id dep = 0;
        const auto info = solver_ruleinfo(solver, rule, &from, &to, &dep);
        result.push_back({kind_of(info), Candidate{from}, Candidate{to}, Need{dep}});
    }
    return result;
}

} // namespace

struct Pool::State {
    struct PoolFree {
        void operator()(::Pool* pool) const { pool_free(pool); }
    };

    State() : pool(pool_create())
    {
        pool_setdisttype(pool.get(), DISTTYPE_RPM);
        pool_setarch(pool.get(), nullptr);
    }

    /// Candidates of one priority make one repository: libsolv compares those before versions.
    ::Repo* repository(int priority)
    {
        auto& repo = repositories[priority];
        if (repo == nullptr) {
            repo = repo_create(pool.get(), std::to_string(priority).c_str());
            repo->priority = priority;
        }
        return repo;
    }

    [[nodiscard]] ::Solvable* solvable(Candidate candidate) const
    {
        return pool_id2solvable(pool.get(), static_cast<Id>(candidate));
    }

    [[nodiscard]] Need combine(Need a, Need b, int how) const
    {
        return Need{pool_rel2id(pool.get(), static_cast<Id>(a), static_cast<Id>(b), how, 1)};
    }

    std::unique_ptr<::Pool, PoolFree> pool;
    std::map<int, ::Repo*> repositories; ///< owned by the pool
};

Pool::Pool() : state_(std::make_unique<State>()) {}
Pool::~Pool() = default;
Pool::Pool(Pool&&) noexcept = default;
Pool& Pool::operator=(Pool&&) noexcept = default;

Need Pool::capability(std::string_view name)
{
    return Need{pool_strn2id(state_->pool.get(), name.data(), static_cast<unsigned>(name.size()), 1)};
}

Need Pool::all_of(Need a, Need b)
{
    return state_->combine(a, b, REL_AND);
}

Need Pool::any_of(Need a, Need b)
{
    return state_->combine(a, b, REL_OR);
}

Need Pool::where(Need need, Need condition)
{
    return state_->combine(need, condition, REL_COND);
}

Candidate Pool::add(std::string_view name, int rank, int priority)
{
    auto* pool = state_->pool.get();
    const auto id = repo_add_solvable(state_->repository(priority));
    auto* solvable = pool_id2solvable(pool, id);
    solvable->name = static_cast<Id>(capability(name));
    solvable->evr = pool_str2id(pool, std::to_string(rank).c_str(), 1);
    solvable->arch = ARCH_NOARCH;
    solvable_add_deparray(solvable, SOLVABLE_PROVIDES, solvable->name, -1);
    return Candidate{id};
}

void Pool::provide(Candidate candidate, Need capability)
{
    solvable_add_deparray(state_->solvable(candidate), SOLVABLE_PROVIDES, static_cast<Id>(capability), -1);
}

void Pool::require(Candidate candidate, Need need)
{
    solvable_add_deparray(state_->solvable(candidate), SOLVABLE_REQUIRES, static_cast<Id>(need), -1);
}

void Pool::conflict(Candidate candidate, Need need)
{
    solvable_add_deparray(state_->solvable(candidate), SOLVABLE_CONFLICTS, static_cast<Id>(need), 0);
}

util::Result<SolverOutcome> Pool::solve(const std::vector<Need>& wanted)
{
    auto* pool = state_->pool.get();
    pool_createwhatprovides(pool);
    IdQueue jobs;
    for (const auto need : wanted)
        queue_push2(jobs.get(), SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES, static_cast<Id>(need));
    const std::unique_ptr<::Solver, SolverFree> solver(solver_create(pool));
    if (!solver)
        return util::fail(util::ErrorCode::failure, "libsolv gave no solver");
    solver_set_flag(solver.get(), SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
    SolverOutcome outcome;
    if (solver_solve(solver.get(), jobs.get()) != 0) {
        outcome.rules = rules_of_first_problem(solver.get());
        return outcome;
    }
    outcome.solved = true;
    IdQueue decisions;
    solver_get_decisionqueue(solver.get(), decisions.get());
    for (const auto decision : decisions.values())
        if (decision > SYSTEMSOLVABLE)
            outcome.chosen.push_back(Candidate{decision});
    return outcome;
}

} // namespace sf::solv
