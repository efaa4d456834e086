#include "store/database.hpp"

#include "store/database_state.hpp"
#include "util/fs.hpp"
#include "util/network_fs.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <thread>

namespace sf::store {

namespace {

/// In user_version. History: 1 = actions, images, bundles; 2 = images.externals is an object of versions by name, not a
/// list of names; 3 = uses, kept, runs; 4 = bytes saved by runs.
constexpr std::int64_t schema_version = 4;

/// uses: when a build last took or made an action, in seconds since 1970. kept: the actions that a bundle was made of,
/// by its path, or that a pin holds.
constexpr const char* ledger_schema = R"sql(
CREATE TABLE uses(
    key TEXT NOT NULL PRIMARY KEY,
    used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE kept(
    root TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY(root, key)) WITHOUT ROWID;
CREATE TABLE runs(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    started INTEGER NOT NULL,
    request TEXT NOT NULL,
    built INTEGER NOT NULL,
    reused INTEGER NOT NULL,
    pulled INTEGER NOT NULL,
    sources_cached INTEGER NOT NULL,
    sources_fetched INTEGER NOT NULL,
    fetched_bytes INTEGER NOT NULL,
    pulled_bytes INTEGER NOT NULL,
    compiler_hits INTEGER NOT NULL,
    compiler_misses INTEGER NOT NULL,
    wall_seconds REAL NOT NULL,
    saved_seconds REAL NOT NULL);
PRAGMA user_version = 3;
)sql";

/// What older tools did not count is 0.
constexpr const char* savings_schema = R"sql(
ALTER TABLE runs ADD COLUMN saved_layer_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN saved_source_bytes INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 4;
)sql";

/// `sequence` grows with every put, so that it orders actions by age; AUTOINCREMENT keeps it growing over removals.
constexpr const char* schema = R"sql(
CREATE TABLE actions(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    run TEXT NOT NULL,
    dev TEXT NOT NULL,
    debug TEXT NOT NULL,
    wall_seconds REAL NOT NULL,
    cpu_seconds REAL NOT NULL,
    peak_memory_bytes INTEGER NOT NULL,
    inputs TEXT NOT NULL,
    origin TEXT NOT NULL);
CREATE INDEX actions_by_package ON actions(package, sequence);
CREATE TABLE images(
    name TEXT NOT NULL,
    recipe_key TEXT NOT NULL,
    digest TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created TEXT NOT NULL,
    externals TEXT NOT NULL,
    PRIMARY KEY(name, digest)) WITHOUT ROWID;
CREATE TABLE bundles(
    path TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
)sql";

/// From each format to the next, the first from 1. The versions that an older tool did not record stay empty. A damaged
/// line stays as it is, to be reported when it is read.
constexpr std::array<const char*, schema_version - 1> migrations = {R"sql(
UPDATE images SET externals = (SELECT json_group_object(value, '') FROM json_each(images.externals))
    WHERE json_valid(externals) AND json_type(externals) = 'array';
PRAGMA user_version = 2;
)sql",
                                                                    ledger_schema, savings_schema};

constexpr const char* action_columns = "key, package, version, run, dev, debug, wall_seconds, cpu_seconds, "
                                       "peak_memory_bytes, inputs, origin";

util::Result<std::int64_t> user_version(Connection& connection)
{
    SF_TRY(auto statement, connection.prepare("PRAGMA user_version"));
    SF_TRY(const bool row, connection.next(statement));
    return row ? statement.integer(0) : 0;
}

constexpr const char* wait_for_others = "PRAGMA busy_timeout = 10000";

util::Result<bool> in_wal_mode(Connection& connection)
{
    SF_TRY(auto statement, connection.prepare("PRAGMA journal_mode"));
    SF_TRY(const bool row, connection.next(statement));
    return row && statement.text(0) == "wal";
}

/// Changing the journal mode does not wait for other connections, whatever the busy timeout says.
util::Status set_journal_mode(Connection& connection, const char* pragma)
{
    constexpr int attempts = 100;
    for (int attempt = 1;; ++attempt) {
        auto status = connection.execute(pragma);
        if (status || attempt == attempts || status.error().code == util::ErrorCode::permission)
            return status;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

/// For network file systems. WAL mode needs memory that all processes share, which those of two machines do not: they
/// would damage the file. A rollback journal needs only locks.
util::Status keep_rollback_journal(Connection& connection)
{
    SF_CHECK(set_journal_mode(connection, "PRAGMA journal_mode = DELETE"));
    return connection.execute("PRAGMA synchronous = FULL");
}

/// For local file systems. The file may have been copied from a network file system, with the journal that it had
/// there.
util::Status prefer_wal(Connection& connection)
{
    SF_TRY(bool wal, in_wal_mode(connection));
    if (!wal) {
        // A file that cannot be changed now, because others use it or this user may only read it, is usable as it is.
        SF_CHECK(connection.execute("PRAGMA busy_timeout = 0"));
        static_cast<void>(set_journal_mode(connection, "PRAGMA journal_mode = WAL"));
        SF_CHECK(connection.execute(wait_for_others));
        SF_TRY(wal, in_wal_mode(connection));
    }
    // In WAL mode NORMAL may lose the last transactions in a power failure but never damages the file. With a rollback
    // journal it may.
    return connection.execute(wal ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
}

/// In a transaction that holds the write lock.
util::Status upgrade(Connection& connection)
{
    // Another process may have been faster between the first look and the lock.
    SF_TRY(const auto version, user_version(connection));
    if (version == 0) {
        SF_CHECK(connection.execute(schema));
        SF_CHECK(connection.execute(ledger_schema));
        return connection.execute(savings_schema);
    }
    for (auto from = version; from < schema_version; ++from)
        SF_CHECK(connection.execute(migrations.at(static_cast<std::size_t>(from - 1))));
    return {};
}

/// Makes the schema, or brings that of an older tool up to date.
util::Status renew_schema(Connection& connection)
{
    SF_CHECK(connection.execute("BEGIN IMMEDIATE"));
    auto status = upgrade(connection);
    if (!status) {
        // The first error is the one to report.
        static_cast<void>(connection.execute("ROLLBACK"));
        return status;
    }
    return connection.execute("COMMIT");
}

util::Result<Action> read_action(const Statement& row)
{
    SF_TRY(const auto key, digest_column(row, 0));
    SF_TRY(const auto run, digest_column(row, 3));
    SF_TRY(const auto dev, digest_column(row, 4));
    SF_TRY(const auto debug, digest_column(row, 5));
    return Action{key,
                  row.text(1),
                  row.text(2),
                  LayerSet{run, dev, debug},
                  row.real(6),
                  row.real(7),
                  static_cast<std::uint64_t>(row.integer(8)),
                  row.text(9),
                  row.text(10)};
}

util::Result<ImageRecord> read_image(const Statement& row)
{
    SF_TRY(const auto recipe_key, digest_column(row, 1));
    SF_TRY(const auto digest, digest_column(row, 2));
    ImageRecord image{row.text(0), recipe_key, digest, static_cast<std::uint64_t>(row.integer(3)), row.text(4), {}};
    const auto externals = nlohmann::json::parse(row.text(5), nullptr, false);
    if (!externals.is_object())
        return util::fail(util::ErrorCode::failure,
                          fmt::format("the index has a damaged line for image \"{}\"", image.name),
                          "remove the image and make it again");
    for (const auto& [name, version] : externals.items())
        if (version.is_string())
            image.externals.emplace(name, version.get<std::string>());
    return image;
}

} // namespace

util::Result<util::Digest> digest_column(const Statement& statement, int column)
{
    return util::Digest::parse(statement.text(column));
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

util::Result<Database> Database::open(const std::filesystem::path& path)
{
    SF_CHECK(util::make_directories(path.parent_path()));
    SF_TRY(auto connection, Connection::open(path));
    SF_CHECK(connection->execute(wait_for_others));
    // Each time: it may have been copied from elsewhere.
    SF_CHECK(util::network_file_system(path) ? keep_rollback_journal(*connection) : prefer_wal(*connection));
    SF_TRY(auto version, user_version(*connection));
    if (version < schema_version) {
        SF_CHECK(renew_schema(*connection));
        SF_TRY(version, user_version(*connection));
    }
    if (version > schema_version)
        return util::fail(util::ErrorCode::failure,
                          fmt::format("the index {} has format {}, this slurm-factory knows formats up to {}",
                                      path.string(), version, schema_version),
                          "use the newer slurm-factory that made it, or another --root");
    return Database(std::make_unique<State>(std::move(connection)));
}

util::Status Database::put_action(const Action& action)
{
    const std::lock_guard lock(state_->mutex);
    return write_action(*state_->connection, action, "REPLACE");
}

util::Status write_action(Connection& connection, const Action& action, const char* or_else)
{
    SF_TRY(auto statement, connection.prepare(fmt::format("INSERT OR {} INTO actions({}) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
                                                          or_else, action_columns)));
    const auto key = action.key.to_hex();
    const auto run = action.layers.run.to_hex();
    const auto dev = action.layers.dev.to_hex();
    const auto debug = action.layers.debug.to_hex();
    statement.bind(1, key);
    statement.bind(2, action.package);
    statement.bind(3, action.version);
    statement.bind(4, run);
    statement.bind(5, dev);
    statement.bind(6, debug);
    statement.bind(7, action.wall_seconds);
    statement.bind(8, action.cpu_seconds);
    statement.bind(9, static_cast<std::int64_t>(action.peak_memory_bytes));
    statement.bind(10, action.inputs);
    statement.bind(11, action.origin);
    return connection.finish(statement);
}

util::Result<std::optional<Action>> Database::find_action(const util::Digest& key)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement, connection.prepare(fmt::format("SELECT {} FROM actions WHERE key = ?", action_columns)));
    const auto hex = key.to_hex();
    statement.bind(1, hex);
    SF_TRY(const bool found, connection.next(statement));
    if (!found)
        return std::nullopt;
    return read_action(statement);
}

util::Result<std::vector<Action>> Database::actions_of(const std::string& package)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement, connection.prepare(fmt::format(
                               "SELECT {} FROM actions WHERE package = ? ORDER BY sequence DESC", action_columns)));
    statement.bind(1, package);
    std::vector<Action> actions;
    while (true) {
        SF_TRY(const bool more, connection.next(statement));
        if (!more)
            return actions;
        SF_TRY(auto action, read_action(statement));
        actions.push_back(std::move(action));
    }
}

util::Result<std::vector<Database::Built>> Database::built_in(const util::Digest& image)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    // The inputs of a key are text with a line for each; see plan::KeyInputs.
    SF_TRY(auto statement,
           connection.prepare("SELECT key, package, version, run FROM actions WHERE instr(inputs, ?) > 0 "
                              "ORDER BY sequence DESC"));
    const auto line = fmt::format("\nimage: {}\n", image.to_hex());
    statement.bind(1, line);
    std::vector<Built> built;
    while (true) {
        SF_TRY(const bool more, connection.next(statement));
        if (!more)
            return built;
        SF_TRY(const auto key, digest_column(statement, 0));
        SF_TRY(const auto run, digest_column(statement, 3));
        built.push_back({key, statement.text(1), statement.text(2), run});
    }
}

util::Status Database::remove_action(const util::Digest& key)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement, connection.prepare("DELETE FROM actions WHERE key = ?"));
    const auto hex = key.to_hex();
    statement.bind(1, hex);
    return connection.finish(statement);
}

util::Status Database::put_image(const ImageRecord& image)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement,
           connection.prepare("INSERT OR REPLACE INTO images(name, recipe_key, digest, bytes, created, externals) "
                              "VALUES(?,?,?,?,?,?)"));
    const auto recipe_key = image.recipe_key.to_hex();
    const auto digest = image.digest.to_hex();
    const auto externals =
        nlohmann::json(image.externals).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    statement.bind(1, image.name);
    statement.bind(2, recipe_key);
    statement.bind(3, digest);
    statement.bind(4, static_cast<std::int64_t>(image.bytes));
    statement.bind(5, image.created);
    statement.bind(6, externals);
    return connection.finish(statement);
}

util::Result<std::vector<ImageRecord>> Database::images()
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement, connection.prepare("SELECT name, recipe_key, digest, bytes, created, externals FROM images "
                                              "ORDER BY name, created, digest"));
    std::vector<ImageRecord> images;
    while (true) {
        SF_TRY(const bool more, connection.next(statement));
        if (!more)
            return images;
        SF_TRY(auto image, read_image(statement));
        images.push_back(std::move(image));
    }
}

util::Status Database::remove_image(const std::string& name, const util::Digest& digest)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement, connection.prepare("DELETE FROM images WHERE name = ? AND digest = ?"));
    const auto hex = digest.to_hex();
    statement.bind(1, name);
    statement.bind(2, hex);
    return connection.finish(statement);
}

util::Status Database::put_bundle(const BundleRecord& bundle)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement,
           connection.prepare("INSERT OR REPLACE INTO bundles(path, key, sha256, bytes, mtime_ns) VALUES(?,?,?,?,?)"));
    const auto key = bundle.key.to_hex();
    const auto sha256 = bundle.sha256.to_hex();
    statement.bind(1, bundle.path);
    statement.bind(2, key);
    statement.bind(3, sha256);
    statement.bind(4, static_cast<std::int64_t>(bundle.bytes));
    statement.bind(5, bundle.mtime_ns);
    return connection.finish(statement);
}

util::Result<std::optional<BundleRecord>> Database::find_bundle(const std::string& path)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    SF_TRY(auto statement, connection.prepare("SELECT path, key, sha256, bytes, mtime_ns FROM bundles WHERE path = ?"));
    statement.bind(1, path);
    SF_TRY(const bool found, connection.next(statement));
    if (!found)
        return std::nullopt;
    SF_TRY(const auto key, digest_column(statement, 1));
    SF_TRY(const auto sha256, digest_column(statement, 2));
    return BundleRecord{statement.text(0), key, sha256, static_cast<std::uint64_t>(statement.integer(3)),
                        statement.integer(4)};
}

} // namespace sf::store
