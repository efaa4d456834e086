// SQLite's C interface with its handles owned. Private to `store`.
#pragma once

#include "util/error.hpp"
#include "util/sha256.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

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

    /// Parameters count from 1. The text must live until the run ends.
    void bind(int parameter, std::string_view text);
    void bind(int parameter, std::int64_t number);
    void bind(int parameter, double number);

    /// SQLite's result code: SQLITE_ROW, SQLITE_DONE, or an error.
    [[nodiscard]] int step();

    /// Columns count from 0.
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;

private:
    sqlite3_stmt* handle_;
};

/// One open database and its prepared statements. Not thread-safe.
class Connection {
public:
    [[nodiscard]] static util::Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Runs statements that give no rows.
    [[nodiscard]] util::Status execute(const char* sql);
    /// A statement ready for bind(); it is prepared once for each text. One run of a text at a time.
    [[nodiscard]] util::Result<Statement> prepare(const std::string& sql);
    /// Runs a statement to its end; rows are dropped.
    [[nodiscard]] util::Status finish(Statement& statement) const;
    /// Next row: true; no more: false.
    [[nodiscard]] util::Result<bool> next(Statement& statement) const;
    /// An error that names the database, from SQLite's code and message.
    [[nodiscard]] util::Error error(int code) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    Connection(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}

    sqlite3* handle_;
    std::filesystem::path path_;
    std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> prepared_;
};

} // namespace sf::store
