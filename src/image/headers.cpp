#include "image/headers.hpp"

#include "util/files/directory.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// What apt says of an archive that is there and lacks a suite, a component or a file of it.
constexpr std::array lacking = {"  404 ", "File not found", "does not have a Release file",
                                "Some index files failed to download"};

/// The host's keys and credentials hold; its hooks, pins, options and lists do not.
std::string apt_config(const stdfs::path& state, const std::vector<std::string>& options)
{
    auto text = fmt::format(R"(Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "{0}/headers.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{0}";
Dir::State::lists "{0}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{0}";
Dir::Cache::archives "{0}/archives";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
)",
                            state.string());
    for (const auto& option : options)
        text += option + "\n";
    return text;
}

/// One private apt state.
class Apt {
public:
    Apt(stdfs::path state, int log, util::StopToken stop) : state_(std::move(state)), log_(log), stop_(std::move(stop))
    {
    }
    [[nodiscard]] util::Status prepare(const MakeInput& input) const
    {
        for (const auto* name : {"lists/partial", "archives/partial"})
            SF_CHECK(util::make_directories(state_ / name));
        SF_CHECK(util::write_file_atomic(state_ / "headers.sources", to_deb822(header_sources(input))));
        return util::write_file_atomic(state_ / "apt.conf", apt_config(state_, input.apt_options));
    }
    [[nodiscard]] util::Result<util::CommandResult> run(std::vector<std::string> argv,
                                                        const stdfs::path& directory) const
    {
        util::Command command;
        command.argv = std::move(argv);
        command.environment_changes = {{"APT_CONFIG", (state_ / "apt.conf").string()}, {"LC_ALL", "C.UTF-8"}};
        command.directory = directory;
        command.stop = stop_;
        SF_TRY(auto result, util::run(command));
        SF_CHECK(util::write_all(log_, fmt::format("I: {}\n{}", util::join(command.argv, " "), result.output)));
        return result;
    }

private:
    stdfs::path state_;
    int log_;
    util::StopToken stop_;
};

util::Error explain_failure(const HeaderPackage& headers, const std::string& output, const stdfs::path& log)
{
    constexpr std::size_t shown = 4;
    const bool full = output.find("No space left on device") != std::string::npos;
    return {full ? ErrorCode::no_space : ErrorCode::source,
            fmt::format("the package {} cannot be downloaded (whole output: {}):\n    {}", headers.package,
                        log.string(), util::replace_all(util::last_lines(util::trim(output), shown), "\n", "\n    ")),
            full ? "" : "check the host's apt sources with 'apt-get update', then try again",
            {},
            full ? util::Reason::root_full : util::Reason::none};
}

/// The one package that apt-get download has put there.
util::Result<stdfs::path> downloaded(const stdfs::path& directory, const std::string& package)
{
    for (auto& path : util::readable_paths_in(directory))
        if (path.extension() == ".deb")
            return std::move(path);
    return util::fail(ErrorCode::source, fmt::format("apt-get has downloaded no {}", package));
}

util::Status keep_file(const stdfs::path& unpacked, const stdfs::path& file, const HeaderPackage& headers,
                       const MakeInput& input, const util::ForeignTree& system)
{
    constexpr std::uint64_t most = std::uint64_t{64} << 20U;
    SF_TRY(const auto package, util::ForeignTree::open(unpacked));
    if (!package.is_regular_file(file))
        return util::fail(ErrorCode::recipe,
                          fmt::format("the package {} has no file {}", headers.package, file.string()),
                          fmt::format("correct 'headers' in {}", input.recipe.file.string()));
    SF_TRY(const auto content, package.read_file(file, most));
    return system.write_file(file, content);
}

util::Status unpack(const Apt& apt, const HeaderPackage& headers, const stdfs::path& directory, const MakeInput& input,
                    const stdfs::path& rootfs)
{
    SF_TRY(const auto system, util::ForeignTree::open(rootfs));
    SF_TRY(const auto package, downloaded(directory, headers.package));
    const auto unpacked = directory / "unpacked";
    SF_TRY(const auto version, apt.run({"dpkg-deb", "--field", package.string(), "Version"}, directory));
    SF_TRY(const auto extracted, apt.run({"dpkg-deb", "--extract", package.string(), unpacked.string()}, directory));
    if (version.exit_code != 0 || extracted.exit_code != 0)
        return tl::unexpected(explain_failure(headers, version.output + extracted.output, input.log));
    for (const auto& file : headers.files)
        SF_CHECK(keep_file(unpacked, file, headers, input, system));
    const stdfs::path versions = "usr/share/slurm-factory";
    SF_CHECK(system.write_file(versions / (headers.package + ".version"), version.output));
    SF_TRY(const auto directory_of_versions, system.open(versions, O_RDONLY | O_DIRECTORY));
    if (::fchmod(directory_of_versions.get(), 0755) != 0) // whatever the umask
        return util::fail_errno(errno, fmt::format("cannot open {} to the builder", versions.string()));
    return {};
}

} // namespace

std::vector<AptSource> header_sources(const MakeInput& input)
{
    std::set<std::string> components;
    for (const auto& headers : input.recipe.headers)
        components.insert(headers.component);
    auto sources = input.sources;
    for (auto& source : sources)
        source.components.assign(components.begin(), components.end());
    return sources;
}

bool says_no_such_package(std::string_view update_output, std::string_view download_output)
{
    if (download_output.find("Unable to locate package") == std::string_view::npos &&
        download_output.find("has no installation candidate") == std::string_view::npos)
        return false;
    const auto lines = util::split(update_output, '\n');
    return std::all_of(lines.begin(), lines.end(), [](const std::string& line) {
        return !line.starts_with("E: ") || std::any_of(lacking.begin(), lacking.end(), [&line](const char* words) {
            return line.find(words) != std::string::npos;
        });
    });
}

std::string explain_missing(const ImageRecipe& recipe, const MissingHeaders& missing)
{
    return fmt::format("base image '{0}' is made without {1}: the host's package mirrors have no {2} in component {3} "
                       "of {4}. Once they have: slurm-factory image remove {0}",
                       recipe.name, missing.external.empty() ? "the headers of " + missing.package : missing.external,
                       missing.package, missing.component, recipe.suite);
}

util::Result<std::vector<MissingHeaders>> add_headers(const MakeInput& input, const stdfs::path& rootfs, int log,
                                                      const util::StopToken& stop)
{
    std::vector<MissingHeaders> missing;
    if (input.sources.empty()) // the host's apt names no mirror of the suite
        for (const auto& headers : input.recipe.headers)
            missing.push_back({headers.package, headers.component, headers.external});
    if (input.recipe.headers.empty() || input.sources.empty())
        return missing;
    const auto state = input.directory / "apt";
    const Apt apt(state, log, stop);
    SF_CHECK(apt.prepare(input));
    SF_TRY(const auto update, apt.run({"apt-get", "-qq", "update"}, state));
    for (const auto& headers : input.recipe.headers) {
        const auto directory = state / "packages" / headers.package;
        SF_CHECK(util::make_directories(directory));
        SF_TRY(const auto download, apt.run({"apt-get", "-qq", "download", headers.package}, directory));
        if (download.exit_code == 0)
            SF_CHECK(unpack(apt, headers, directory, input, rootfs));
        else if (says_no_such_package(update.output, download.output))
            missing.push_back({headers.package, headers.component, headers.external});
        else
            return tl::unexpected(explain_failure(headers, update.output + download.output, input.log));
    }
    SF_CHECK(util::remove_tree(state)); // or it would be part of what is kept
    return missing;
}

} // namespace sf::image
