// What a Database is made of. Private to `store`.
#pragma once

#include "store/database.hpp"
#include "store/statement.hpp"

#include <memory>
#include <mutex>

namespace sf::store {

struct Database::State {
    explicit State(std::unique_ptr<Connection> opened) : connection(std::move(opened)) {}
    std::mutex mutex;
    std::unique_ptr<Connection> connection;
};

/// All or nothing; many rows cost one write.
template <typename Work> util::Status in_transaction(Connection& connection, const Work& work)
{
    SF_CHECK(connection.execute("BEGIN IMMEDIATE"));
    auto status = work();
    if (!status) {
        // The first error is the one to report.
        static_cast<void>(connection.execute("ROLLBACK"));
        return status;
    }
    return connection.execute("COMMIT");
}

/// Puts the action in; `or_else` says what becomes of one that is there: "REPLACE" or "IGNORE".
[[nodiscard]] util::Status write_action(Connection& connection, const Action& action, const char* or_else);
/// Notes that the action was made or taken at that time.
[[nodiscard]] util::Status write_use(Connection& connection, const util::Digest& key, std::int64_t now);
[[nodiscard]] util::Result<util::Digest> digest_column(const Statement& statement, int column);

} // namespace sf::store
