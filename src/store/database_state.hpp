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

/// Puts the action in; `or_else` says what becomes of one that is there: "REPLACE" or "IGNORE".
[[nodiscard]] util::Status write_action(Connection& connection, const Action& action, const char* or_else);
[[nodiscard]] util::Result<util::Digest> digest_column(const Statement& statement, int column);

} // namespace sf::store
