#include "image/make.hpp"

#include "identity/identity.hpp"
#include "image/configure_cache.hpp"
#include "image/externals.hpp"
#include "image/headers.hpp"
#include "util/files/foreign_file.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// 2020-01-01. Decides dates that programs write while packages are installed, so it must never change.
constexpr const char* fixed_epoch = "1577836800";

/// Documentation is useless in an image; without it the image is smaller and made faster.
constexpr std::array excluded = {"/usr/share/doc/*",    "/usr/share/man/*",     "/usr/share/info/*",
                                 "/usr/share/locale/*", "/usr/share/lintian/*", "/usr/share/bug/*"};

struct Symptom {
    const char* text;
    const char* hint;
    ErrorCode code = ErrorCode::sandbox;
    util::Reason reason = util::Reason::none;
};

constexpr std::array<Symptom, 8> symptoms = {{
    {"No space left on device", "", ErrorCode::no_space, util::Reason::root_full},
    {"Temporary failure resolving", "the package mirror cannot be reached: check the network and /etc/apt/sources*"},
    {"Could not resolve", "the package mirror cannot be reached: check the network and /etc/apt/sources*"},
    {"Unable to connect", "the package mirror cannot be reached: check the network and the host's proxy settings"},
    {"Could not connect", "the package mirror cannot be reached: check the network and the host's proxy settings"},
    {"NO_PUBKEY", "the archive's key is not known here: apt-get install debian-archive-keyring (or ubuntu-keyring)"},
    {"Unable to locate package", "the suite has no such package: correct the image recipe"},
    {"does not have a Release file", "the host's mirror does not carry this suite: choose another image"},
}};

util::Status write_file(const stdfs::path& path, std::string_view text)
{
    SF_TRY(const auto fd, util::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    return util::write_all(fd.get(), text);
}

/// Adds a line for `name` to a file like /etc/passwd that has none. A link there becomes a file.
util::Status add_account_line(const util::ForeignTree& system, const stdfs::path& file, const std::string& name,
                              const std::string& line)
{
    constexpr std::uint64_t most = std::uint64_t{16} << 20U;
    std::string text;
    if (system.exists(file)) {
        if (!system.is_regular_file(file))
            return util::fail(ErrorCode::recipe,
                              fmt::format("/{} of this system is not a regular file", file.string()));
        SF_TRY(text, system.read_file(file, most));
    }
    if (text.starts_with(name + ":") || text.find("\n" + name + ":") != std::string::npos)
        return {};
    if (!text.empty() && text.back() != '\n')
        text += '\n';
    return system.write_file(file, text + line + "\n");
}

/// Every byte is hashed, and so is every zero of a hole, which takes no room and no time to make.
util::Result<std::uint64_t> size_of(const std::vector<util::TreeEntry>& entries)
{
    constexpr std::uint64_t most = std::uint64_t{256} << 30U;
    std::uint64_t bytes = 0;
    const util::TreeEntry* largest = nullptr;
    for (const auto& entry : entries) {
        if (entry.type != stdfs::file_type::regular)
            continue;
        if (largest == nullptr || entry.size > largest->size)
            largest = &entry;
        bytes += std::min(entry.size, most + 1); // no tree has so many entries that the sum overflows
    }
    if (bytes > most)
        return util::fail(ErrorCode::recipe,
                          fmt::format("the files of this system have more than {}; the largest is /{}, {}",
                                      util::human_bytes(most), largest->relative.string(),
                                      util::human_bytes(largest->size)),
                          "remove what no build needs, sparse files first");
    return bytes;
}

} // namespace

std::vector<std::string> mmdebstrap_command(const MakeInput& input, const stdfs::path& sources_file)
{
    std::vector<std::string> argv = {
        "unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "mmdebstrap", "--mode=root",
        "--format=directory", "--variant=" + input.recipe.variant,
        "--include=" + util::join(input.recipe.packages, ","), "--aptopt=APT::Install-Recommends \"false\"",
        "--aptopt=Acquire::Languages \"none\"",
        // The tree is thrown away if anything goes wrong, so nothing need be synced on the way.
        "--dpkgopt=force-unsafe-io"};
    for (const auto& option : input.apt_options)
        argv.push_back("--aptopt=" + option);
    for (const auto* path : excluded)
        argv.push_back(fmt::format("--dpkgopt=path-exclude={}", path));
    // What mmdebstrap takes from a mirror that it knows by itself.
    if (sources_file.empty() && input.recipe.distribution == "ubuntu")
        argv.emplace_back("--components=main,universe");
    argv.push_back(input.recipe.suite);
    argv.push_back((input.directory / "rootfs").string());
    if (!sources_file.empty())
        argv.push_back(sources_file.string());
    return argv;
}

util::Error explain_failure(const ImageRecipe& recipe, std::string_view output, const stdfs::path& log)
{
    constexpr std::size_t shown = 12;
    util::Error error{ErrorCode::sandbox,
                      fmt::format("mmdebstrap could not make the base image '{}' (whole output: {}):\n    {}",
                                  recipe.name, log.string(),
                                  util::replace_all(util::last_lines(output, shown), "\n", "\n    ")),
                      "check the host's apt sources with 'apt-get update', then try again",
                      {}};
    for (const auto& symptom : symptoms)
        if (output.find(symptom.text) != std::string_view::npos) {
            error.hint = symptom.hint;
            error.code = symptom.code;
            error.reason = symptom.reason;
            break;
        }
    return error;
}

util::Result<MadeRootfs> make_rootfs(const MakeInput& input, int log, const util::StopToken& stop)
{
    stdfs::path sources_file;
    if (!input.sources.empty()) {
        sources_file = input.directory / "host.sources";
        SF_CHECK(write_file(sources_file, to_deb822(input.sources)));
    }
    util::Command command;
    command.argv = mmdebstrap_command(input, sources_file);
    command.environment_changes = {{"SOURCE_DATE_EPOCH", fixed_epoch}, {"LC_ALL", "C.UTF-8"}};
    command.output_fd = log;
    command.stop = stop;
    SF_TRY(const auto result, util::run(command));
    if (result.exit_code != 0) {
        constexpr std::uint64_t most_shown = std::uint64_t{1} << 20U;
        SF_TRY(const auto output, util::read_foreign_tail(input.log, most_shown));
        return tl::unexpected(explain_failure(input.recipe, output, input.log));
    }
    const auto rootfs = input.directory / "rootfs";
    const System system{rootfs, input.limits};
    MadeRootfs made;
    auto promised = input.recipe.externals;
    SF_TRY(const auto missing, add_headers(input, rootfs, log, stop));
    for (const auto& headers : missing) {
        promised.erase(headers.external);
        made.warnings.push_back(explain_missing(input.recipe, headers));
    }
    SF_TRY(made.externals, probe_externals(input.recipe, promised, system, stop));
    SF_CHECK(finish_rootfs(rootfs));
    if (!input.recipe.configure_cache.empty())
        SF_CHECK(add_configure_cache(input.recipe, system, input.directory / "configure", log, stop));
    return made;
}

util::Status make_places(const util::ForeignTree& system, const std::vector<stdfs::path>& directories)
{
    for (const auto& directory : directories) {
        stdfs::path at;
        for (const auto& name : directory) {
            at /= name;
            if (!system.is_directory(at) && system.open(at, O_PATH | O_NOFOLLOW))
                return util::fail(
                    ErrorCode::recipe,
                    fmt::format("/{} of this system is neither a directory nor a link to one of its directories",
                                at.string()),
                    "a base image must have a directory there, or nothing");
        }
        SF_CHECK(system.make_directories(directory));
    }
    return {};
}

util::Status finish_rootfs(const stdfs::path& rootfs)
{
    SF_TRY(const auto system, util::ForeignTree::open(rootfs));
    for (const auto* name : {"etc/hostname", "etc/resolv.conf", "etc/machine-id", "etc/apt/sources.list",
                             "etc/apt/apt.conf.d/99mmdebstrap", "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
                             "var/lib/dbus/machine-id", "var/cache/ldconfig/aux-cache"})
        SF_CHECK(system.remove(name));
    for (const auto* name : {"etc/apt/sources.list.d", "var/cache/apt", "var/cache/debconf", "var/lib/apt/lists",
                             "var/log", "tmp", "run", "dev"})
        SF_CHECK(system.clear_directory(name));
    // Mount points of every sandbox, so that they need not be made each time.
    SF_CHECK(make_places(system, {"etc", "build", "sources", "recipe", "ccache", "opt/slurm/software", "proc", "dev"}));
    SF_CHECK(add_account_line(system, "etc/passwd", "builder",
                              fmt::format("builder:x:{0}:{0}:builder:/build:/bin/sh", identity::builder_uid)));
    SF_CHECK(add_account_line(system, "etc/group", "builder", fmt::format("builder:x:{}:", identity::builder_uid)));
    std::error_code error;
    stdfs::permissions(rootfs, stdfs::perms(0755), error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot open {} to the builder", rootfs.string()));
    return {};
}

std::vector<std::string> host_apt_options()
{
    util::Command command;
    command.argv = {"apt-config", "dump"};
    const auto result = util::run(command);
    std::vector<std::string> options;
    if (!result || result->exit_code != 0)
        return options;
    for (const auto& line : util::split(result->output, '\n')) {
        const bool about_network = line.starts_with("Acquire::http::") || line.starts_with("Acquire::https::");
        if (about_network && !line.ends_with(" \"\";"))
            options.push_back(line);
    }
    return options;
}

util::Result<TreeSummary> summarise_tree(const stdfs::path& root, const util::StopToken& stop)
{
    SF_TRY(const auto entries, util::walk_tree(root));
    SF_TRY(const auto bytes, size_of(entries));
    util::Sha256 hash;
    for (const auto& entry : entries) {
        SF_CHECK(stop.check());
        std::string content = entry.link_target;
        if (entry.type == stdfs::file_type::regular) {
            SF_TRY(const auto digest, util::sha256_file(root / entry.relative));
            content = digest.to_hex();
        }
        // A path and a link target cannot hold a zero byte.
        hash.update(entry.relative.string());
        hash.update(std::string_view("\0", 1));
        hash.update(fmt::format("{:o} {} ", entry.mode, static_cast<int>(entry.type)));
        hash.update(content);
        hash.update(std::string_view("\0", 1));
    }
    return TreeSummary{hash.finish(), bytes};
}

} // namespace sf::image
