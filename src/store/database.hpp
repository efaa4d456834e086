// ROOT/state.db: the SQLite index of layers, builds and images.
#pragma once

#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct sqlite3;

namespace sf::store {

/// The three slices of one package's layer, by the sha256 of their canonical tars (OCI diffIDs).
struct LayerSet {
    util::Digest run;
    util::Digest dev;
    util::Digest debug;
    auto operator<=>(const LayerSet&) const = default;
    [[nodiscard]] std::vector<util::Digest> all() const { return {run, dev, debug}; }
};

/// One line of the action table: what building `key` gave.
struct Action {
    util::Digest key;
    std::string package; ///< "munge"
    std::string version; ///< "0.5.16"
    LayerSet layers;
    double wall_seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t peak_memory_bytes = 0;
    std::string inputs;                               ///< the typed inputs of the key, as text (plan::KeyInputs)
    std::string origin;                               ///< sha256 of the source that was used
    std::optional<util::Digest> image = std::nullopt; ///< the base image it was built in; none: not recorded
};

/// One image known to the store.
struct ImageRecord {
    std::string name;
    util::Digest recipe_key;
    util::Digest digest;
    std::uint64_t bytes = 0;
    std::string created;
    std::map<std::string, std::string> externals; ///< build tool -> version; empty: recorded before versions were
};

/// One finished bundle: what `build` compares to find that there is nothing to do.
struct BundleRecord {
    std::string path; ///< absolute path of the file
    util::Digest key; ///< sha256 over what decides its bytes
    util::Digest sha256;
    std::uint64_t bytes = 0;
    std::int64_t mtime_ns = 0;
};

/// One action as garbage collection sees it.
struct StoredAction {
    util::Digest key;
    std::string package;
    std::string version;
    LayerSet layers;
    std::int64_t used = 0; ///< when a build last took or made it, seconds since 1970; 0: not recorded
};

/// Figures of one run of `build`.
struct RunRecord {
    std::int64_t started = 0; ///< seconds since 1970
    std::string request;      ///< the spec
    unsigned built = 0;
    unsigned reused = 0; ///< packages that the store had
    unsigned pulled = 0; ///< packages that came from binary caches
    unsigned sources_cached = 0;
    unsigned sources_fetched = 0;
    std::uint64_t fetched_bytes = 0; ///< of sources
    std::uint64_t pulled_bytes = 0;  ///< of packages
    std::uint64_t compiler_hits = 0; ///< of ccache
    std::uint64_t compiler_misses = 0;
    double wall_seconds = 0;
    double saved_seconds = 0;             ///< CPU time that reused and pulled packages took when they were built
    std::uint64_t saved_layer_bytes = 0;  ///< unpacked files of reused and pulled packages
    std::uint64_t saved_source_bytes = 0; ///< of the sources that were cached
};

/// Thread-safe (one connection, serialised). Opened with a busy timeout, in WAL mode except on network file systems;
/// schema version in user_version; a database of a newer tool is refused, a damaged one reported with its path.
class Database {
public:
    [[nodiscard]] static util::Result<Database> open(const std::filesystem::path& path);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// Notes its use as well: what is finished stays, whatever becomes of the build that wanted it.
    [[nodiscard]] util::Status put_action(const Action& action, std::int64_t now);
    [[nodiscard]] util::Result<std::optional<Action>> find_action(const util::Digest& key);
    /// Newest first, for durations and explanations.
    [[nodiscard]] util::Result<std::vector<Action>> actions_of(const std::string& package);
    /// What was built in this image: newest first, without what it took and was made of.
    struct Built {
        util::Digest key;
        std::string package;
        std::string version;
        util::Digest run; ///< layer
    };
    [[nodiscard]] util::Result<std::vector<Built>> built_in(const util::Digest& image);
    [[nodiscard]] util::Status remove_action(const util::Digest& key);

    [[nodiscard]] util::Status put_image(const ImageRecord& image);
    [[nodiscard]] util::Result<std::vector<ImageRecord>> images();
    [[nodiscard]] util::Status remove_image(const std::string& name, const util::Digest& digest);

    [[nodiscard]] util::Status put_bundle(const BundleRecord& bundle);
    [[nodiscard]] util::Result<std::optional<BundleRecord>> find_bundle(const std::string& path);

    // What is in use, and figures over time (database_ledger.cpp).

    /// Notes that a build took or made the actions now; those that were removed meanwhile are put back.
    [[nodiscard]] util::Status note_use(const std::vector<Action>& actions, std::int64_t now);
    /// The actions that `root` needs: a bundle, by the path of its software tarball, or a pin, "pin:NAME". Replaces
    /// what was said of it before; no keys: it needs none any more.
    [[nodiscard]] util::Status keep(const std::string& root, const std::vector<util::Digest>& keys);
    [[nodiscard]] util::Result<std::map<std::string, std::vector<util::Digest>>> kept();
    /// All actions, those used longest ago first.
    [[nodiscard]] util::Result<std::vector<StoredAction>> stored_actions();
    /// Removes the actions in one transaction.
    [[nodiscard]] util::Status remove_actions(const std::vector<util::Digest>& keys);
    [[nodiscard]] util::Status put_run(const RunRecord& run);
    /// The newest, at most `count`, newest first.
    [[nodiscard]] util::Result<std::vector<RunRecord>> runs(unsigned count);

private:
    struct State;
    explicit Database(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace sf::store
