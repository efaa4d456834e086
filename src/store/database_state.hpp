// What a Database is made of. Private to `store`.
#pragma once

#include "store/database.hpp"
#include "store/sql.hpp"

#include <memory>
#include <mutex>

namespace sf::store {

struct Database::State {
    explicit State(std::unique_ptr<Connection> opened) : connection(std::move(opened)) {}
    std::mutex mutex;
    std::unique_ptr<Connection> connection;

    /// The connection, locked for one thread.
    class Held {
    public:
        explicit Held(State& state) : lock_(state.mutex), connection_(*state.connection) {}
        Connection* operator->() const { return &connection_; }
        Connection& operator*() const { return connection_; }

    private:
        std::lock_guard<std::mutex> lock_;
        Connection& connection_;
    };
    [[nodiscard]] Held hold() { return Held(*this); }
};

/// What to do with a stored action of the same key.
enum class IfThere { replace, keep };
[[nodiscard]] util::Status write_action(Connection& connection, const Action& action, IfThere if_there);
/// Notes that the action was made or taken at that time.
[[nodiscard]] util::Status write_use(Connection& connection, const util::Digest& key, std::int64_t now);
/// From three columns.
[[nodiscard]] LayerSet read_layers(Row& row, int first);

} // namespace sf::store
