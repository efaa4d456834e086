#include "store/sql.hpp"

#include <fmt/format.h>

namespace sf::store {

Statement::~Statement()
{
    if (handle_ == nullptr)
        return;
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
}

void Statement::bind(int parameter, std::string_view text)
{
    // A null pointer would bind NULL, which is not the empty text.
    const char* data = text.data() == nullptr ? "" : text.data();
    sqlite3_bind_text64(handle_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int parameter, double number)
{
    sqlite3_bind_double(handle_, parameter, number);
}

void Statement::bind(int parameter, const util::Digest& digest)
{
    const auto hex = digest.to_hex();
    sqlite3_bind_text64(handle_, parameter, hex.data(), hex.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

std::string Row::text(int column) const
{
    const auto* data = sqlite3_column_text(statement_, column);
    if (data == nullptr)
        return {};
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

util::Digest Row::digest(int column)
{
    auto digest = util::Digest::parse(text(column));
    if (digest)
        return *digest;
    fail(std::move(digest).error());
    return util::Digest({});
}

util::Result<bool> Query::next()
{
    if (!statement_)
        return tl::unexpected(statement_.error());
    const int code = sqlite3_step(statement_->handle());
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return tl::unexpected(connection_.error(code));
}

util::Status Query::run() &&
{
    return each([](Row& /*row*/) { return true; });
}

util::Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path)
{
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (handle == nullptr)
        return util::fail(util::ErrorCode::failure, fmt::format("{}: out of memory for the index", path.string()));
    std::unique_ptr<Connection> connection(new Connection(handle, path));
    sqlite3_extended_result_codes(handle, 1);
    if (code != SQLITE_OK)
        return tl::unexpected(connection->error(code));
    return connection;
}

Connection::~Connection()
{
    prepared_.clear();
    sqlite3_close(handle_);
}

util::Status Connection::execute(const char* sql)
{
    if (const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
        return tl::unexpected(error(code));
    return {};
}

util::Result<Statement> Connection::prepare(const std::string& sql)
{
    auto& slot = prepared_[sql];
    if (!slot) {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(handle_, sql.c_str(), static_cast<int>(sql.size()) + 1,
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK)
            return tl::unexpected(error(code));
        slot.reset(statement);
    }
    return Statement(slot.get());
}

util::Error Connection::error(int code) const
{
    const auto text = fmt::format("the index {}: {}", path_.string(), sqlite3_errmsg(handle_));
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return {util::ErrorCode::failure,
                fmt::format("the index {} is damaged: {}", path_.string(), sqlite3_errmsg(handle_)),
                "move the file away; a new one is made, and what it knew of is built again",
                {}};
    case SQLITE_FULL:
        return {util::ErrorCode::no_space, text, {}, {}, util::Reason::file_system_full};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return {util::ErrorCode::permission, text, "the file and its directory must be writable", {}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {util::ErrorCode::failure, text, "another slurm-factory holds the index; try again", {}};
    default:
        return {util::ErrorCode::failure, text, {}, {}};
    }
}

util::Result<Transaction> Transaction::begin(Connection& connection)
{
    SF_CHECK(connection.execute("BEGIN IMMEDIATE"));
    return Transaction(connection);
}

util::Status Transaction::commit()
{
    SF_CHECK(connection_->execute("COMMIT"));
    connection_ = nullptr;
    return {};
}

Transaction::~Transaction()
{
    // Report the error that led here, not one of the rollback.
    if (connection_ != nullptr)
        static_cast<void>(connection_->execute("ROLLBACK"));
}

} // namespace sf::store
