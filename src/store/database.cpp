#include "store/database.hpp"

#include "store/database_schema.hpp"
#include "store/database_state.hpp"
#include "util/files/fs.hpp"
#include "json/json.hpp"

namespace sf::store {

namespace {

constexpr const char* action_columns = "key, package, version, run, dev, debug, wall_seconds, cpu_seconds, "
                                       "peak_memory_bytes, inputs, origin, image";

Action to_action(Row& row)
{
    return {row.get<util::Digest>(0),  row.get<std::string>(1),
            row.get<std::string>(2),   read_layers(row, 3),
            row.get<double>(6),        row.get<double>(7),
            row.get<std::uint64_t>(8), row.get<std::string>(9),
            row.get<std::string>(10),  row.get<std::optional<util::Digest>>(11)};
}

Database::Built to_built(Row& row)
{
    return {row.get<util::Digest>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<util::Digest>(3)};
}

BundleRecord to_bundle(Row& row)
{
    return {row.get<std::string>(0), row.get<util::Digest>(1), row.get<util::Digest>(2), row.get<std::uint64_t>(3),
            row.get<std::int64_t>(4)};
}

ImageRecord to_image(Row& row)
{
    ImageRecord image{row.get<std::string>(0),   row.get<util::Digest>(1), row.get<util::Digest>(2),
                      row.get<std::uint64_t>(3), row.get<std::string>(4),  {}};
    const auto externals = json::read(row.get<std::string>(5)).value_or(nlohmann::json());
    if (!externals.is_object()) {
        row.fail({util::ErrorCode::failure,
                  fmt::format("the index has a damaged line for image \"{}\"", image.name),
                  "remove the image and make it again",
                  {}});
        return image;
    }
    for (const auto& [name, version] : externals.items())
        if (version.is_string())
            image.externals.emplace(name, version.get<std::string>());
    return image;
}

} // namespace

LayerSet read_layers(Row& row, int first)
{
    return {row.get<util::Digest>(first), row.get<util::Digest>(first + 1), row.get<util::Digest>(first + 2)};
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
    const auto index = state_->hold();
    SF_TRY(auto transaction, Transaction::begin(*index));
    SF_CHECK(write_action(*index, action, IfThere::replace));
    SF_CHECK(write_use(*index, action.key, now));
    return transaction.commit();
}

util::Status write_use(Connection& connection, const util::Digest& key, std::int64_t now)
{
    return connection.query("INSERT OR REPLACE INTO uses(key, used) VALUES(?,?)", key, now).run();
}

util::Status write_action(Connection& connection, const Action& action, IfThere if_there)
{
    return connection
        .query(fmt::format("INSERT OR {} INTO actions({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
                           if_there == IfThere::replace ? "REPLACE" : "IGNORE", action_columns),
               action.key, action.package, action.version, action.layers.run, action.layers.dev, action.layers.debug,
               action.wall_seconds, action.cpu_seconds, action.peak_memory_bytes, action.inputs, action.origin,
               action.image)
        .run();
}

util::Result<std::optional<Action>> Database::find_action(const util::Digest& key)
{
    return state_->hold()
        ->query(fmt::format("SELECT {} FROM actions WHERE key = ?", action_columns), key)
        .first(to_action);
}

util::Result<std::vector<Action>> Database::actions_of(const std::string& package)
{
    return state_->hold()
        ->query(fmt::format("SELECT {} FROM actions WHERE package = ? ORDER BY sequence DESC", action_columns), package)
        .all(to_action);
}

util::Result<std::vector<Database::Built>> Database::built_in(const util::Digest& image)
{
    return state_->hold()
        ->query("SELECT key, package, version, run FROM actions WHERE image = ? ORDER BY sequence DESC", image)
        .all(to_built);
}

util::Status Database::remove_action(const util::Digest& key)
{
    return state_->hold()->query("DELETE FROM actions WHERE key = ?", key).run();
}

util::Status Database::put_image(const ImageRecord& image)
{
    const auto externals =
        nlohmann::json(image.externals).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return state_->hold()
        ->query(
            "INSERT OR REPLACE INTO images(name, recipe_key, digest, bytes, created, externals) VALUES(?,?,?,?,?,?)",
            image.name, image.recipe_key, image.digest, image.bytes, image.created, externals)
        .run();
}

util::Result<std::vector<ImageRecord>> Database::images()
{
    return state_->hold()
        ->query("SELECT name, recipe_key, digest, bytes, created, externals FROM images ORDER BY name, created, digest")
        .all(to_image);
}

util::Status Database::remove_image(const std::string& name, const util::Digest& digest)
{
    return state_->hold()->query("DELETE FROM images WHERE name = ? AND digest = ?", name, digest).run();
}

util::Status Database::put_bundle(const BundleRecord& bundle)
{
    return state_->hold()
        ->query("INSERT OR REPLACE INTO bundles(path, key, sha256, bytes, mtime_ns) VALUES(?,?,?,?,?)", bundle.path,
                bundle.key, bundle.sha256, bundle.bytes, bundle.mtime_ns)
        .run();
}

util::Result<std::optional<BundleRecord>> Database::find_bundle(const std::string& path)
{
    return state_->hold()
        ->query("SELECT path, key, sha256, bytes, mtime_ns FROM bundles WHERE path = ?", path)
        .first(to_bundle);
}

} // namespace sf::store
