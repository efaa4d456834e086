#include "store/database_schema.hpp"

#include "util/files/network_fs.hpp"

#include <array>
#include <chrono>
#include <thread>

namespace sf::store {

namespace {

/// In user_version. History: 1 = actions, images, bundles; 2 = images.externals is an object of versions by name, not a
/// list of names; 3 = uses, kept, runs; 4 = bytes saved by runs; 5 = the image of actions.
constexpr std::int64_t schema_version = 5;

/// From each format to the next, the first from an empty file. Released ones are frozen: tests/unit/store/formats has
/// an index of each.
constexpr std::array<const char*, schema_version> migrations = {
    // `sequence` grows with every put, so that it orders actions by age; AUTOINCREMENT keeps it growing over removals.
    R"sql(
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
PRAGMA user_version = 1;
)sql",
    // The versions that an older tool did not record stay empty. A damaged line stays as it is, to be reported when it
    // is read.
    R"sql(
UPDATE images SET externals = (SELECT json_group_object(value, '') FROM json_each(images.externals))
    WHERE json_valid(externals) AND json_type(externals) = 'array';
PRAGMA user_version = 2;
)sql",
    // uses: when a build last took or made an action, in seconds since 1970. kept: the actions that a bundle was made
    // of, by its path, or that a pin holds.
    R"sql(
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
)sql",
    // What older tools did not count is 0.
    R"sql(
ALTER TABLE runs ADD COLUMN saved_layer_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN saved_source_bytes INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 4;
)sql",
    // Older tools recorded the image only as a line of the inputs: "image: " and 64 digits. Entries of binary caches
    // may lack that line, or have another one before it.
    R"sql(
ALTER TABLE actions ADD COLUMN image TEXT;
UPDATE actions SET image = substr(inputs, instr(inputs, char(10) || 'image: ') + 8, 64)
    WHERE inputs GLOB '*' || char(10) || 'image: ' || replace(hex(zeroblob(32)), '0', '[0-9a-f]') || char(10) || '*';
UPDATE actions SET image = NULL WHERE image NOT GLOB replace(hex(zeroblob(32)), '0', '[0-9a-f]');
CREATE INDEX actions_by_image ON actions(image, sequence);
PRAGMA user_version = 5;
)sql"};

util::Result<std::int64_t> user_version(Connection& connection)
{
    SF_TRY(const auto version,
           connection.query("PRAGMA user_version").first([](Row& row) { return row.get<std::int64_t>(0); }));
    return version.value_or(0);
}

constexpr const char* wait_for_others = "PRAGMA busy_timeout = 10000";

util::Result<bool> in_wal_mode(Connection& connection)
{
    SF_TRY(const auto mode,
           connection.query("PRAGMA journal_mode").first([](Row& row) { return row.get<std::string>(0); }));
    return mode == "wal";
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

/// Makes the tables, or brings those of an older tool up to date.
util::Status renew_schema(Connection& connection)
{
    SF_TRY(auto transaction, Transaction::begin(connection));
    // Another process may have been faster between the first look and the lock.
    SF_TRY(const auto version, user_version(connection));
    for (auto from = version; from < schema_version; ++from)
        SF_CHECK(connection.execute(migrations.at(static_cast<std::size_t>(from))));
    return transaction.commit();
}

} // namespace

util::Status prepare(Connection& connection, const std::filesystem::path& path)
{
    SF_CHECK(connection.execute(wait_for_others));
    // Each time: it may have been copied from elsewhere.
    SF_CHECK(util::network_file_system(path) ? keep_rollback_journal(connection) : prefer_wal(connection));
    SF_TRY(auto version, user_version(connection));
    if (version < schema_version) {
        SF_CHECK(renew_schema(connection));
        SF_TRY(version, user_version(connection));
    }
    if (version > schema_version)
        return util::fail(util::ErrorCode::failure,
                          fmt::format("the index {} has format {}, this slurm-factory knows formats up to {}",
                                      path.string(), version, schema_version),
                          util::Reason::index_of_newer_tool);
    return {};
}

} // namespace sf::store
