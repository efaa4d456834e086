#include "image/floor.hpp"

#include "event/step.hpp"
#include "identity/identity.hpp"
#include "image/configure_cache.hpp"
#include "image/inside.hpp"
#include "image/making.hpp"
#include "sandbox/bounded_log.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// make.sh ends so when the image's glibc is older than the floor.
constexpr int too_old = 3;
constexpr std::size_t most_files = 64; ///< there are some thirty
constexpr std::uint64_t most_bytes = std::uint64_t{16} << 20U;

/// A kit depends on the image, which has it, and on this.
util::Digest kit_digest(const ImageRecipe& recipe, const FloorSources& sources)
{
    util::Sha256 hash;
    hash.update(sources.digest.to_hex());
    for (const auto& [name, digest] : recipe.configure_cache_files)
        hash.update(fmt::format("\n{} {}", name, digest.to_hex()));
    return hash.finish();
}

/// What make.sh wrote, as files of ours: a builder's other processes may still write to its own.
util::Status take_kit(const util::ForeignTree& made, const stdfs::path& kit)
{
    constexpr mode_t directory_mode = 0755; // whatever the umask
    SF_CHECK(util::make_directories(kit / "lib"));
    for (const auto& directory : {kit, kit / "lib"})
        ::chmod(directory.c_str(), directory_mode);
    for (const stdfs::path directory : {"", "lib"}) {
        SF_TRY(const auto names, made.names_in("out" / directory));
        if (names.size() > most_files)
            return util::fail(
                ErrorCode::recipe,
                fmt::format("the image made {} files of a glibc floor; the limit is {}", names.size(), most_files));
        for (const auto& name : names) {
            if (!made.is_regular_file("out" / directory / name))
                continue;
            SF_TRY(const auto bytes, made.read_file("out" / directory / name, most_bytes));
            SF_CHECK(util::write_file_atomic(kit / directory / name, bytes));
        }
    }
    std::error_code error;
    stdfs::create_directory_symlink("lib", kit / "lib64", error); // which compilers of some distributions look in
    return error ? util::fail_errno(error.value(), fmt::format("cannot make {}", (kit / "lib64").string()))
                 : util::Status();
}

/// What a run of make.sh gave.
struct Making {
    int exit_code = 0;
    std::string output;
};

/// Runs in the sandbox, like builds, so a user who cannot act for others can make a kit, too.
util::Result<Making> run_make(const site::Site& site, const ImageRecipe& recipe, const Image& image,
                              const spec::Floor& floor, const FloorSources& sources, const stdfs::path& scratch,
                              sandbox::Backend& backend, const util::StopToken& stop)
{
    constexpr const char* writable = "/build";
    constexpr const char* tools = "/recipe";
    constexpr const char* lists = "/sources";
    const auto log_path = scratch / "log";
    SF_TRY(const auto log, util::open_file(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC));
    SF_TRY(const auto bounded, sandbox::BoundedLog::start(log.get(), scratch / "pipe", most_bytes));
    sandbox::Job job;
    job.name = "floor";
    job.rootfs = image.rootfs;
    job.binds = {{scratch / "work", writable, true}, {sources.directory, tools, false}};
    if (!recipe.configure_cache.empty())
        job.binds.push_back({recipe.configure_cache, lists, false});
    job.argv = {"/bin/sh", "-c",
                fmt::format("mkdir {0}/out {0}/make && cd {0}/make && exec /bin/sh {1}/make.sh {2} {1}/x86_64.symbols "
                            "{0}/out {3} {4}",
                            writable, tools, floor.to_string(), floor_place,
                            recipe.configure_cache.empty() ? "" : lists)};
    job.environment = {{"PATH", util::join({program_directories.begin(), program_directories.end()}, ":")},
                       {"LC_ALL", "C"},
                       {"HOME", writable}};
    job.log_fd = bounded->fd();
    const auto limits = limits_of(site);
    job.memory_bytes = limits.memory_bytes;
    job.pids = limits.pids;
    SF_TRY(const auto outcome, backend.run(job, stop));
    bounded->finish();
    SF_TRY(auto output, util::read_file(log_path));
    return Making{outcome.exit_code, std::move(output)};
}

util::Status make_kit(const site::Site& site, const ImageRecipe& recipe, const Image& image, const spec::Floor& floor,
                      const FloorSources& sources, const stdfs::path& scratch, sandbox::Backend& backend,
                      const util::StopToken& stop)
{
    constexpr std::size_t shown = 6;
    const auto work = scratch / "work";
    SF_CHECK(util::make_directories(work));
    if (::chown(work.c_str(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot give {} to the builder", work.string()));
    SF_TRY(const auto result, run_make(site, recipe, image, floor, sources, scratch, backend, stop));
    SF_TRY(const auto made, util::ForeignTree::open(work));
    if (result.exit_code == too_old) {
        const auto own = made.read_file("out/glibc", most_bytes);
        return util::fail(ErrorCode::conflict,
                          fmt::format("the glibc floor {} is newer than glibc {} of base image {}", floor.to_string(),
                                      util::trim(own.value_or("?")), image.name),
                          util::Reason::image_below_floor);
    }
    const auto site_file = made.read_file("out/config.site", most_bytes);
    if (result.exit_code != 0 || (site_file && !is_site_file(*site_file)))
        return util::fail(ErrorCode::recipe,
                          fmt::format("base image {} cannot make what a glibc floor of {} needs:\n    {}", image.name,
                                      floor.to_string(),
                                      util::replace_all(util::last_lines(result.output, shown), "\n", "\n    ")),
                          util::Reason::image_without_floors);
    return take_kit(made, scratch / "kit");
}

} // namespace

util::Result<FloorSources> read_floor_sources(const stdfs::path& directory)
{
    SF_TRY(const auto entries, util::walk_tree(directory));
    util::Sha256 hash;
    for (const auto& entry : entries) {
        if (entry.type != stdfs::file_type::regular)
            continue;
        SF_TRY(const auto digest, util::sha256_file(directory / entry.relative));
        hash.update(fmt::format("{} {}\n", entry.relative.string(), digest.to_hex()));
    }
    return FloorSources{directory, hash.finish()};
}

util::Result<stdfs::path> ensure_floor(const site::Site& site, const ImageRecipe& recipe, const Image& image,
                                       const spec::Floor& floor, const FloorSources& sources, sandbox::Backend& backend,
                                       event::Sink& events, const util::StopToken& stop)
{
    const auto name = fmt::format("floor-{}-{}", floor.to_string(), kit_digest(recipe, sources).to_short());
    auto kit = home_of(site, image.digest) / name;
    if (util::path_exists(kit))
        return kit;
    const auto prefix = fmt::format("making-{}-{}", image.digest.to_short(), name);
    SF_TRY(const auto lock, lock_making(site.images() / "locks" / prefix, image.name, events, stop));
    if (util::path_exists(kit)) // by another, meanwhile
        return kit;
    clear_away(site.images(), prefix);
    event::StepTimer step(events, image.name, "glibc-floor");
    SF_TRY(const auto scratch, util::TempDir::make(site.images(), prefix));
    SF_CHECK(make_kit(site, recipe, image, floor, sources, scratch.path(), backend, stop));
    SF_TRY(const auto since, read_floor_sources(sources.directory));
    if (since.digest != sources.digest)
        return util::fail(ErrorCode::conflict,
                          fmt::format("{} has changed during the build", sources.directory.string()),
                          "run the same command again");
    SF_CHECK(util::rename_path(scratch.path() / "kit", kit));
    step.succeed();
    return kit;
}

} // namespace sf::image
