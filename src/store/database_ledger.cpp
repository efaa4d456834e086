#include "store/database_state.hpp"

namespace sf::store {
namespace {

util::Status delete_key(Connection& connection, const std::string& sql, const std::string& hex)
{
    SF_TRY(auto statement, connection.prepare(sql));
    statement.bind(1, hex);
    return connection.finish(statement);
}

} // namespace

util::Status Database::note_use(const std::vector<Action>& actions, std::int64_t now)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    return in_transaction(connection, [&]() -> util::Status {
        for (const auto& action : actions) {
            SF_CHECK(write_action(connection, action, "IGNORE"));
            SF_CHECK(write_use(connection, action.key, now));
        }
        return {};
    });
}

util::Status Database::keep(const std::string& root, const std::vector<util::Digest>& keys)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    return in_transaction(connection, [&]() -> util::Status {
        SF_CHECK(delete_key(connection, "DELETE FROM kept WHERE root = ?", root));
        for (const auto& key : keys) {
            SF_TRY(auto statement, connection.prepare("INSERT OR REPLACE INTO kept(root, key) VALUES(?,?)"));
            const auto hex = key.to_hex();
            statement.bind(1, root);
            statement.bind(2, hex);
            SF_CHECK(connection.finish(statement));
        }
        return {};
    });
}

util::Result<std::map<std::string, std::vector<util::Digest>>> Database::kept()
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement, connection.prepare("SELECT root, key FROM kept"));
    std::map<std::string, std::vector<util::Digest>> roots;
    while (true) {
        SF_TRY(const bool more, connection.next(statement));
        if (!more)
            return roots;
        SF_TRY(const auto key, digest_column(statement, 1));
        roots[statement.text(0)].push_back(key);
    }
}

util::Result<std::vector<StoredAction>> Database::stored_actions()
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement,
           connection.prepare("SELECT actions.key, package, version, run, dev, debug, ifnull(used, 0) FROM actions "
                              "LEFT JOIN uses ON uses.key = actions.key ORDER BY 7, sequence"));
    std::vector<StoredAction> actions;
    while (true) {
        SF_TRY(const bool more, connection.next(statement));
        if (!more)
            return actions;
        SF_TRY(const auto key, digest_column(statement, 0));
        SF_TRY(const auto run, digest_column(statement, 3));
        SF_TRY(const auto dev, digest_column(statement, 4));
        SF_TRY(const auto debug, digest_column(statement, 5));
        actions.push_back({key, statement.text(1), statement.text(2), {run, dev, debug}, statement.integer(6)});
    }
}

util::Status Database::remove_actions(const std::vector<util::Digest>& keys)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    return in_transaction(connection, [&]() -> util::Status {
        for (const auto& key : keys) {
            const auto hex = key.to_hex();
            SF_CHECK(delete_key(connection, "DELETE FROM actions WHERE key = ?", hex));
            SF_CHECK(delete_key(connection, "DELETE FROM uses WHERE key = ?", hex));
        }
        return {};
    });
}

namespace {

constexpr const char* run_columns = "started, request, built, reused, pulled, sources_cached, sources_fetched, "
                                    "fetched_bytes, pulled_bytes, compiler_hits, compiler_misses, wall_seconds, "
                                    "saved_seconds, saved_layer_bytes, saved_source_bytes";

RunRecord read_run(const Statement& row)
{
    const auto number = [&row](int column) { return static_cast<unsigned>(row.integer(column)); };
    const auto big = [&row](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
    return {row.integer(0), row.text(1), number(2), number(3),    number(4),    number(5), number(6), big(7),
            big(8),         big(9),      big(10),   row.real(11), row.real(12), big(13),   big(14)};
}

} // namespace

util::Status Database::put_run(const RunRecord& run)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement,
           connection.prepare(fmt::format("INSERT INTO runs({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", run_columns)));
    int parameter = 0;
    statement.bind(++parameter, run.started);
    statement.bind(++parameter, run.request);
    for (const auto number : {std::uint64_t{run.built}, std::uint64_t{run.reused}, std::uint64_t{run.pulled},
                              std::uint64_t{run.sources_cached}, std::uint64_t{run.sources_fetched}, run.fetched_bytes,
                              run.pulled_bytes, run.compiler_hits, run.compiler_misses})
        statement.bind(++parameter, static_cast<std::int64_t>(number));
    statement.bind(++parameter, run.wall_seconds);
    statement.bind(++parameter, run.saved_seconds);
    for (const auto bytes : {run.saved_layer_bytes, run.saved_source_bytes})
        statement.bind(++parameter, static_cast<std::int64_t>(bytes));
    return connection.finish(statement);
}

util::Result<std::vector<RunRecord>> Database::runs(unsigned count)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement,
           connection.prepare(fmt::format("SELECT {} FROM runs ORDER BY sequence DESC LIMIT ?", run_columns)));
    statement.bind(1, std::int64_t{count});
    std::vector<RunRecord> runs;
    while (true) {
        SF_TRY(const bool more, connection.next(statement));
        if (!more)
            return runs;
        runs.push_back(read_run(statement));
    }
}

} // namespace sf::store
