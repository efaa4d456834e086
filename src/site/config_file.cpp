#include "site/layers.hpp"

#include "util/byte_size.hpp"
#include "yaml/yaml.hpp"

#include <fmt/format.h>

#include <system_error>

namespace sf::site {
namespace {

/// One mapping of the file, and what the names of its keys begin with in Site::origins.
struct Section {
    yaml::Mapping mapping;
    std::string prefix;
};

class Reader {
public:
    Reader(Site& site, const std::filesystem::path& file, const std::optional<std::string>& home) :
        site_(site), file_(file), home_(home)
    {
    }

    util::Status read(const yaml::Value& root)
    {
        if (root.kind() == yaml::Value::Kind::empty)
            return {};
        SF_TRY(auto mapping, root.mapping({"output", "image", "backend", "runtime", "recipes", "images", "network",
                                           "limits", "levers", "compiler", "cache", "deploy", "audit", "slurm",
                                           "hardening", "glibc", "solver", "packages"}));
        const Section top{mapping, ""};
        SF_CHECK(read_path(top, "output", site_.output));
        SF_CHECK(read_text(top, "image", site_.image));
        SF_CHECK(read_backend(top));
        SF_CHECK(read_runtime(top));
        SF_CHECK(append_paths(top, "recipes", site_.recipe_directories));
        SF_CHECK(append_paths(top, "images", site_.image_directories));
        SF_CHECK(read_network(top));
        SF_CHECK(read_limits(top));
        SF_CHECK(read_levers(top));
        SF_CHECK(read_compiler(top));
        SF_CHECK(read_caches(top));
        SF_CHECK(read_deploy(top));
        SF_CHECK(read_audit(top));
        SF_CHECK(read_slurm(top));
        SF_CHECK(read_hardening(top));
        SF_CHECK(read_floor(top));
        SF_CHECK(read_solver(top));
        return read_packages(top);
    }

private:
    void note(const Section& section, std::string_view key, const yaml::Value& value)
    {
        site_.origins[section.prefix + std::string(key)] = fmt::format("{}:{}", file_.string(), value.location().line);
    }

    util::Status read_text(const Section& section, std::string_view key, std::string& out)
    {
        if (const auto value = section.mapping.find(key)) {
            SF_TRY(out, value->text());
            note(section, key, *value);
        }
        return {};
    }

    util::Status read_flag(const Section& section, std::string_view key, bool& out)
    {
        if (const auto value = section.mapping.find(key)) {
            SF_TRY(out, value->boolean());
            note(section, key, *value);
        }
        return {};
    }

    util::Status read_number(const Section& section, std::string_view key, unsigned min, unsigned max, unsigned& out)
    {
        if (const auto value = section.mapping.find(key)) {
            SF_TRY(const auto number, value->number(min, max));
            out = static_cast<unsigned>(number);
            note(section, key, *value);
        }
        return {};
    }

    util::Status read_seconds(const Section& section, std::string_view key, std::chrono::seconds& out)
    {
        auto seconds = static_cast<unsigned>(out.count());
        SF_CHECK(read_number(section, key, 1, max_timeout_seconds, seconds));
        out = std::chrono::seconds(seconds);
        return {};
    }

    util::Status read_size(const Section& section, std::string_view key, std::uint64_t& out)
    {
        const auto value = section.mapping.find(key);
        if (!value)
            return {};
        SF_TRY(const auto text, value->text());
        const auto size = util::parse_size(text);
        if (!size)
            return value->fail(fmt::format("'{}' must be a size, not '{}'", key, text),
                               "write a whole number of bytes, or one with a unit: 512MiB, 8GiB");
        out = *size;
        note(section, key, *value);
        return {};
    }

    /// A path of the file: relative ones are relative to where the file lies.
    [[nodiscard]] util::Result<std::filesystem::path> path_of(const yaml::Value& value) const
    {
        SF_TRY(const auto text, value.text());
        if (text.empty())
            return value.fail("a path is empty");
        if (text.starts_with("~/")) {
            if (!home_)
                return value.fail(fmt::format("'{}' needs HOME, which is not set", text), "write an absolute path");
            return (std::filesystem::path(*home_) / text.substr(2)).lexically_normal();
        }
        return (file_.parent_path() / text).lexically_normal();
    }

    util::Status read_path(const Section& section, std::string_view key, std::filesystem::path& out)
    {
        if (const auto value = section.mapping.find(key)) {
            SF_TRY(out, path_of(*value));
            note(section, key, *value);
        }
        return {};
    }

    util::Status append_paths(const Section& section, std::string_view key, std::vector<std::filesystem::path>& out)
    {
        const auto value = section.mapping.find(key);
        if (!value)
            return {};
        SF_TRY(const auto items, value->sequence());
        for (const auto& item : items) {
            SF_TRY(auto path, path_of(item));
            out.push_back(std::move(path));
        }
        note(section, key, *value);
        return {};
    }

    util::Status read_backend(const Section& section)
    {
        SF_CHECK(read_text(section, "backend", site_.backend));
        if (const auto fault = backend_fault(site_.backend); !fault.empty())
            return section.mapping.find("backend")->fail(fault, known_backends);
        return {};
    }

    util::Status read_runtime(const Section& section)
    {
        SF_CHECK(read_text(section, "runtime", site_.runtime));
        if (const auto fault = runtime_fault(site_.runtime); !fault.empty())
            return section.mapping.find("runtime")->fail(fault, "runtimes: crun, runc");
        return {};
    }

    util::Status read_network(const Section& top)
    {
        const auto value = top.mapping.find("network");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"offline", "retries", "connect-timeout", "stall-timeout",
                                             "parallel-downloads", "mirrors", "apt"}));
        const Section section{mapping, "network."};
        Network& network = site_.network;
        SF_CHECK(read_flag(section, "offline", network.offline));
        SF_CHECK(read_number(section, "retries", 0, max_retries, network.retries));
        SF_CHECK(read_seconds(section, "connect-timeout", network.connect_timeout));
        SF_CHECK(read_seconds(section, "stall-timeout", network.stall_timeout));
        SF_CHECK(read_number(section, "parallel-downloads", 1, 64, network.parallel_downloads));
        SF_CHECK(read_flag(section, "apt", network.use_apt));
        return read_mirrors(section);
    }

    util::Status read_mirrors(const Section& section)
    {
        return read_places(section, "mirrors", parse_mirror, site_.network.mirrors);
    }

    using ParsePlace = tl::expected<std::string, std::string>(const std::string&, const std::filesystem::path&);

    /// Those of this file come before those of the layers below.
    util::Status read_places(const Section& section, std::string_view key, ParsePlace* parse,
                             std::vector<std::string>& all)
    {
        const auto value = section.mapping.find(key);
        if (!value)
            return {};
        SF_TRY(const auto items, value->sequence());
        std::vector<std::string> places;
        for (const auto& item : items) {
            SF_TRY(const auto text, item.text());
            auto place = parse(text, file_.parent_path());
            if (!place)
                return item.fail(place.error());
            places.push_back(std::move(*place));
        }
        all.insert(all.begin(), places.begin(), places.end());
        note(section, key, *value);
        return {};
    }

    util::Status read_limits(const Section& top)
    {
        const auto value = top.mapping.find("limits");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"jobs", "memory", "pids", "job-memory", "nice", "io", "log"}));
        const Section section{mapping, "limits."};
        SF_CHECK(read_number(section, "jobs", 0, max_jobs, site_.limits.jobs));
        SF_CHECK(read_size(section, "memory", site_.limits.memory_bytes));
        SF_CHECK(read_number(section, "pids", 64, 1U << 22U, site_.limits.pids));
        SF_CHECK(read_size(section, "job-memory", site_.limits.job_memory_bytes));
        SF_CHECK(read_number(section, "nice", 0, max_nice, site_.limits.nice));
        SF_CHECK(read_size(section, "log", site_.limits.log_bytes));
        return read_word(section, "io", "normal", "idle", site_.limits.idle_io);
    }

    /// One of two words; `out` says whether it is the second.
    util::Status read_word(const Section& section, std::string_view key, const char* first, const char* second,
                           bool& out)
    {
        const auto value = section.mapping.find(key);
        if (!value)
            return {};
        SF_TRY(const auto text, value->text());
        if (text != first && text != second)
            return value->fail(fmt::format("'{}' must be {} or {}, not '{}'", key, first, second, text));
        note(section, key, *value);
        out = text == second;
        return {};
    }

    util::Status read_levers(const Section& top)
    {
        const auto value = top.mapping.find("levers");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"tmpfs-stage", "mold", "configure-cache", "ccache"}));
        const Section section{mapping, "levers."};
        SF_CHECK(read_flag(section, "tmpfs-stage", site_.levers.tmpfs_stage));
        SF_CHECK(read_flag(section, "mold", site_.levers.mold));
        SF_CHECK(read_flag(section, "configure-cache", site_.levers.configure_cache));
        return read_flag(section, "ccache", site_.levers.ccache);
    }

    util::Status read_compiler(const Section& top)
    {
        const auto value = top.mapping.find("compiler");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"directory", "remote", "prefix", "variables"}));
        const Section section{mapping, "compiler."};
        SF_CHECK(read_path(section, "directory", site_.compiler.directory));
        SF_CHECK(read_text(section, "prefix", site_.compiler.prefix));
        if (const auto remote = mapping.find("remote")) {
            SF_TRY(site_.compiler.remote, remote->text());
            if (site_.compiler.remote.find("://") == std::string::npos) {
                SF_TRY(const auto path, path_of(*remote));
                site_.compiler.remote = path.string();
            }
            note(section, "remote", *remote);
        }
        return read_compiler_variables(section);
    }

    /// Only those of the tools that stand behind the compiler: any other could change what is built.
    util::Status read_compiler_variables(const Section& section)
    {
        const auto value = section.mapping.find("variables");
        if (!value)
            return {};
        SF_TRY(const auto variables, value->mapping());
        for (const auto& [name, where, text] : variables.entries()) {
            if (!name.starts_with("CCACHE_") && !name.starts_with("DISTCC_") && !name.starts_with("ICECC_"))
                return text.fail(fmt::format("'{}' is not one of CCACHE_*, DISTCC_* and ICECC_*", name),
                                 "flags of the compiler go into packages: {NAME: {cflags: ...}}");
            SF_TRY(site_.compiler.variables[name], text.text());
        }
        note(section, "variables", *value);
        return {};
    }

    util::Status read_caches(const Section& top)
    {
        constexpr unsigned most_days = 36500;
        const auto value = top.mapping.find("cache");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"layers", "sources", "compiler", "images", "logs", "keep-days", "remotes",
                                             "only-signed", "compression", "signing-key"}));
        const Section section{mapping, "cache."};
        SF_CHECK(read_size(section, "layers", site_.cache.layers_bytes));
        SF_CHECK(read_size(section, "sources", site_.cache.sources_bytes));
        SF_CHECK(read_size(section, "compiler", site_.cache.compiler_bytes));
        SF_CHECK(read_size(section, "images", site_.cache.images_bytes));
        SF_CHECK(read_size(section, "logs", site_.cache.logs_bytes));
        SF_CHECK(read_number(section, "keep-days", 0, most_days, site_.cache.keep_days));
        SF_CHECK(read_places(section, "remotes", parse_remote, site_.cache.remotes));
        SF_CHECK(read_flag(section, "only-signed", site_.cache.only_signed));
        SF_CHECK(read_word(section, "compression", "gzip", "zstd", site_.cache.zstd));
        return read_path(section, "signing-key", site_.cache.signing_key);
    }

    util::Status read_deploy(const Section& top)
    {
        const auto value = top.mapping.find("deploy");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"only-signed"}));
        return read_flag({mapping, "deploy."}, "only-signed", site_.deploy.only_signed);
    }

    util::Status read_audit(const Section& top)
    {
        constexpr unsigned most_days = 36500;
        const auto value = top.mapping.find("audit");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"advisories", "oldest"}));
        const Section section{mapping, "audit."};
        SF_CHECK(read_places(section, "advisories", parse_advisories, site_.audit.advisories));
        return read_number(section, "oldest", 1, most_days, site_.audit.oldest_days);
    }

    util::Status read_slurm(const Section& top)
    {
        const auto value = top.mapping.find("slurm");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"version", "variants", "gpu", "minimal", "target"}));
        const Section section{mapping, "slurm."};
        SF_CHECK(read_parsed(section, "version", parse_slurm_version, site_.slurm.version));
        SF_CHECK(read_parsed(section, "variants", parse_variants, site_.slurm.variants));
        SF_CHECK(read_flag(section, "gpu", site_.slurm.gpu));
        SF_CHECK(read_flag(section, "minimal", site_.slurm.minimal));
        return read_text(section, "target", site_.slurm.target);
    }

    util::Status read_hardening(const Section& top)
    {
        const auto value = top.mapping.find("hardening");
        if (!value)
            return {};
        SF_TRY(site_.hardening, value->parsed(spec::parse_hardening_level));
        note(top, "hardening", *value);
        return {};
    }

    util::Status read_floor(const Section& top)
    {
        const auto value = top.mapping.find("glibc");
        if (!value)
            return {};
        SF_TRY(site_.floor, value->parsed(spec::Floor::parse));
        note(top, "glibc", *value);
        return {};
    }

    /// A text that has a grammar of its own; a fault is reported at its column of the file.
    template <typename T>
    util::Status read_parsed(const Section& section, std::string_view key, spec::Parsed<T> (*parse)(const std::string&),
                             T& out)
    {
        const auto value = section.mapping.find(key);
        if (!value)
            return {};
        SF_TRY(const auto text, value->text());
        auto parsed = parse(text);
        if (!parsed)
            return value->fail_inside(parsed.error().offset,
                                      fmt::format("bad {} \"{}\": {}", key, text, parsed.error().what),
                                      parsed.error().hint);
        out = std::move(*parsed);
        note(section, key, *value);
        return {};
    }

    util::Status read_solver(const Section& top)
    {
        const auto value = top.mapping.find("solver");
        if (!value)
            return {};
        SF_TRY(auto mapping, value->mapping({"reuse"}));
        return read_flag({mapping, "solver."}, "reuse", site_.reuse);
    }

    util::Status read_packages(const Section& top)
    {
        const auto value = top.mapping.find("packages");
        if (!value)
            return {};
        SF_TRY(auto packages, preference::read_packages(*value));
        site_.packages.overlay(std::move(packages));
        note(top, "packages", *value);
        return {};
    }

    Site& site_;
    const std::filesystem::path& file_;
    const std::optional<std::string>& home_;
};

} // namespace

util::Status apply_packages_file(Site& site, const std::filesystem::path& file)
{
    SF_TRY(auto packages, preference::load_packages_file(file));
    site.packages.overlay(std::move(packages));
    site.origins["packages"] = file.string();
    return {};
}

util::Status apply_file(Site& site, const std::filesystem::path& file, const std::optional<std::string>& home)
{
    // Anything but "not there" is for load() to report: a file that cannot be read must not be passed over.
    const auto is_missing = [](const std::filesystem::path& path) {
        std::error_code error;
        return std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found;
    };
    if (const auto packages = file.parent_path() / "packages.yaml"; !is_missing(packages))
        SF_CHECK(apply_packages_file(site, packages));
    if (is_missing(file))
        return {};
    SF_TRY(const auto document, yaml::Document::load(file));
    return Reader(site, file, home).read(document.root());
}

} // namespace sf::site
