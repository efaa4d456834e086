// SQLite's C interface with its handles owned. Private to `store`.
//
//     SF_TRY(const auto sizes, connection.query("SELECT bytes FROM images WHERE name = ?", name).all(to_size));
#pragma once

#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sf::store {

/// One run of a prepared statement; gives the statement back, reset, when it goes.
class Statement {
public:
    explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
    Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Parameters count from 1. A text must live until the run ends.
    void bind(int parameter, std::string_view text);
    void bind(int parameter, double number);
    void bind(int parameter, const util::Digest& digest);
    template <std::integral Number> void bind(int parameter, Number number)
    {
        sqlite3_bind_int64(handle_, parameter, static_cast<sqlite3_int64>(number));
    }
    /// None is NULL, as every parameter is until it is bound.
    template <typename Value> void bind(int parameter, const std::optional<Value>& value)
    {
        if (value)
            bind(parameter, *value);
    }

    [[nodiscard]] sqlite3_stmt* handle() const { return handle_; }

private:
    sqlite3_stmt* handle_;
};

/// One row of a result. Columns count from 0. A column with a malformed value is a fault, and the query fails with the
/// first one; get() then returns a placeholder.
class Row {
public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

    /// A std::string, number or util::Digest, or an optional one.
    template <typename Value> [[nodiscard]] Value get(int column)
    {
        if constexpr (std::is_same_v<Value, util::Digest>)
            return digest(column);
        else if constexpr (std::is_same_v<Value, std::string>)
            return text(column);
        else if constexpr (std::floating_point<Value>)
            return sqlite3_column_double(statement_, column);
        else if constexpr (std::integral<Value>)
            return static_cast<Value>(sqlite3_column_int64(statement_, column));
        else if (sqlite3_column_type(statement_, column) == SQLITE_NULL)
            return std::nullopt;
        else
            return get<typename Value::value_type>(column);
    }

    void fail(util::Error fault)
    {
        if (!fault_)
            fault_ = std::move(fault);
    }
    [[nodiscard]] std::optional<util::Error> take_fault() { return std::exchange(fault_, std::nullopt); }

private:
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] util::Digest digest(int column);

    sqlite3_stmt* statement_;
    std::optional<util::Error> fault_;
};

class Connection;

/// A statement with its parameters. It refers to their texts: run it in the expression that made it.
class Query {
public:
    Query(const Connection& connection, util::Result<Statement> statement) :
        connection_(connection), statement_(std::move(statement))
    {
    }

    /// To the end; rows are dropped.
    [[nodiscard]] util::Status run() &&;

    /// Calls `make(Row&)` for each row; returns the results.
    template <typename Make> [[nodiscard]] auto all(const Make& make) &&
    {
        std::vector<std::invoke_result_t<Make, Row&>> values;
        auto status = each([&](Row& row) {
            values.push_back(make(row));
            return true;
        });
        return std::move(status).map([&] { return std::move(values); });
    }

    /// Calls `make(Row&)` for the first row, if there is one.
    template <typename Make> [[nodiscard]] auto first(const Make& make) &&
    {
        std::optional<std::invoke_result_t<Make, Row&>> value;
        auto status = each([&](Row& row) {
            value.emplace(make(row));
            return false;
        });
        return std::move(status).map([&] { return std::move(value); });
    }

private:
    /// Until `take(row)` says false.
    template <typename Take> [[nodiscard]] util::Status each(const Take& take);
    /// Next row: true; no more: false.
    [[nodiscard]] util::Result<bool> next();

    const Connection& connection_;
    util::Result<Statement> statement_;
};

/// One open database and its prepared statements. Not thread-safe.
class Connection {
public:
    [[nodiscard]] static util::Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Runs statements that have no parameters and give no rows.
    [[nodiscard]] util::Status execute(const char* sql);
    /// Binds the values to the statement's parameters, in order. Each text is prepared once, and can run once at a
    /// time.
    template <typename... Values> [[nodiscard]] Query query(const std::string& sql, const Values&... values)
    {
        auto statement = prepare(sql);
        int parameter = 0;
        if (statement)
            (statement->bind(++parameter, values), ...);
        return {*this, std::move(statement)};
    }
    /// An error that names the database, from SQLite's code and message.
    [[nodiscard]] util::Error error(int code) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    Connection(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}
    [[nodiscard]] util::Result<Statement> prepare(const std::string& sql);

    sqlite3* handle_;
    std::filesystem::path path_;
    std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> prepared_;
};

/// Holds the write lock. The destructor rolls back unless commit() succeeded.
class Transaction {
public:
    [[nodiscard]] static util::Result<Transaction> begin(Connection& connection);
    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    [[nodiscard]] util::Status commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}

    Connection* connection_; ///< null: nothing is left to roll back
};

template <typename Take> util::Status Query::each(const Take& take)
{
    while (true) {
        SF_TRY(const bool more, next());
        if (!more)
            return {};
        Row row(statement_->handle());
        const bool go_on = take(row);
        if (auto fault = row.take_fault())
            return tl::unexpected(std::move(*fault));
        if (!go_on)
            return {};
    }
}

} // namespace sf::store
