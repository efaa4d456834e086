#include "store/database_state.hpp"

namespace sf::store {
namespace {

struct Kept {
    std::string root;
    util::Digest key;
};

Kept to_kept(Row& row)
{
    return {row.get<std::string>(0), row.get<util::Digest>(1)};
}

StoredAction to_stored_action(Row& row)
{
    return {row.get<util::Digest>(0), row.get<std::string>(1), row.get<std::string>(2), read_layers(row, 3),
            row.get<std::int64_t>(6)};
}

constexpr const char* run_columns = "started, request, built, reused, pulled, sources_cached, sources_fetched, "
                                    "fetched_bytes, pulled_bytes, compiler_hits, compiler_misses, wall_seconds, "
                                    "saved_seconds, saved_layer_bytes, saved_source_bytes";

RunRecord to_run(Row& row)
{
    return {row.get<std::int64_t>(0),  row.get<std::string>(1),    row.get<unsigned>(2),
            row.get<unsigned>(3),      row.get<unsigned>(4),       row.get<unsigned>(5),
            row.get<unsigned>(6),      row.get<std::uint64_t>(7),  row.get<std::uint64_t>(8),
            row.get<std::uint64_t>(9), row.get<std::uint64_t>(10), row.get<double>(11),
            row.get<double>(12),       row.get<std::uint64_t>(13), row.get<std::uint64_t>(14)};
}

} // namespace

util::Status Database::note_use(const std::vector<Action>& actions, std::int64_t now)
{
    const auto index = state_->hold();
    SF_TRY(auto transaction, Transaction::begin(*index));
    for (const auto& action : actions) {
        SF_CHECK(write_action(*index, action, IfThere::keep));
        SF_CHECK(write_use(*index, action.key, now));
    }
    return transaction.commit();
}

util::Status Database::keep(const std::string& root, const std::vector<util::Digest>& keys)
{
    const auto index = state_->hold();
    SF_TRY(auto transaction, Transaction::begin(*index));
    SF_CHECK(index->query("DELETE FROM kept WHERE root = ?", root).run());
    for (const auto& key : keys)
        SF_CHECK(index->query("INSERT OR REPLACE INTO kept(root, key) VALUES(?,?)", root, key).run());
    return transaction.commit();
}

util::Result<std::map<std::string, std::vector<util::Digest>>> Database::kept()
{
    SF_TRY(auto all, state_->hold()->query("SELECT root, key FROM kept").all(to_kept));
    std::map<std::string, std::vector<util::Digest>> roots;
    for (auto& [root, key] : all)
        roots[std::move(root)].push_back(key);
    return roots;
}

util::Result<std::vector<StoredAction>> Database::stored_actions()
{
    return state_->hold()
        ->query("SELECT actions.key, package, version, run, dev, debug, ifnull(used, 0) FROM actions "
                "LEFT JOIN uses ON uses.key = actions.key ORDER BY 7, sequence")
        .all(to_stored_action);
}

util::Status Database::remove_actions(const std::vector<util::Digest>& keys)
{
    const auto index = state_->hold();
    SF_TRY(auto transaction, Transaction::begin(*index));
    for (const auto& key : keys) {
        SF_CHECK(index->query("DELETE FROM actions WHERE key = ?", key).run());
        SF_CHECK(index->query("DELETE FROM uses WHERE key = ?", key).run());
    }
    return transaction.commit();
}

util::Status Database::put_run(const RunRecord& run)
{
    return state_->hold()
        ->query(fmt::format("INSERT INTO runs({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", run_columns), run.started,
                run.request, run.built, run.reused, run.pulled, run.sources_cached, run.sources_fetched,
                run.fetched_bytes, run.pulled_bytes, run.compiler_hits, run.compiler_misses, run.wall_seconds,
                run.saved_seconds, run.saved_layer_bytes, run.saved_source_bytes)
        .run();
}

util::Result<std::vector<RunRecord>> Database::runs(unsigned count)
{
    return state_->hold()
        ->query(fmt::format("SELECT {} FROM runs ORDER BY sequence DESC LIMIT ?", run_columns), count)
        .all(to_run);
}

} // namespace sf::store
