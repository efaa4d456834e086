#include "store/database.hpp"

#include "store/database_schema.hpp"
#include "store/database_state.hpp"
#include "util/fs.hpp"
#include "json/json.hpp"

namespace sf::store {

namespace {

constexpr const char* action_columns = "key, package, version, run, dev, debug, wall_seconds, cpu_seconds, "
                                       "peak_memory_bytes, inputs, origin";

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
    const auto externals = json::read(row.text(5)).value_or(nlohmann::json());
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
    SF_CHECK(prepare(*connection, path));
    return Database(std::make_unique<State>(std::move(connection)));
}

util::Status Database::put_action(const Action& action, std::int64_t now)
{
    const std::lock_guard lock(state_->mutex);
    auto& connection = *state_->connection;
    return in_transaction(connection, [&]() -> util::Status {
        SF_CHECK(write_action(connection, action, "REPLACE"));
        return write_use(connection, action.key, now);
    });
}

util::Status write_use(Connection& connection, const util::Digest& key, std::int64_t now)
{
    SF_TRY(auto statement, connection.prepare("INSERT OR REPLACE INTO uses(key, used) VALUES(?,?)"));
    const auto hex = key.to_hex();
    statement.bind(1, hex);
    statement.bind(2, now);
    return connection.finish(statement);
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
