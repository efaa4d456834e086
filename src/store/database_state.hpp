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

[[nodiscard]] util::Result<util::Digest> digest_column(const Statement& statement, int column);

} // namespace sf::store
