#include "report/json_lines.hpp"

#include "util/files/fs.hpp"
#include "util/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sf::report {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::optional<double>& value)
{
    return value ? ordered_json(*value) : ordered_json();
}

ordered_json to_json(const event::BuildPlanned& e)
{
    auto packages = ordered_json::array();
    for (const auto& package : e.packages) {
        packages.push_back({{"package", package.package}, {"needs", package.needs}, {"ships", package.ships}});
        packages.back()["last_wall_seconds"] = or_null(package.last_wall_seconds);
        packages.back()["last_cpu_seconds"] = or_null(package.last_cpu_seconds);
    }
    return {{"event", "build_planned"},
            {"name", e.name},
            {"request", e.request},
            {"command", e.command},
            {"tool_version", e.tool_version},
            {"image", e.image},
            {"image_digest", e.image_digest},
            {"compiler", e.compiler},
            {"target", e.target},
            {"hardening", e.hardening},
            {"glibc", e.glibc},
            {"host", e.host},
            {"cores", e.cores},
            {"jobs", e.jobs},
            {"memory_bytes", e.memory_bytes},
            {"packages", std::move(packages)}};
}
ordered_json to_json(const event::BuildFinished& e)
{
    auto sizes = ordered_json::array();
    for (const auto& size : e.sizes)
        sizes.push_back({{"package", size.package}, {"bytes", size.bytes}});
    auto files = ordered_json::array();
    for (const auto& file : e.files)
        files.push_back({{"path", file.path}, {"bytes", file.bytes}});
    return {{"event", "build_finished"},      {"name", e.name},
            {"wall_seconds", e.wall_seconds}, {"error", e.error},
            {"sizes", std::move(sizes)},      {"files", std::move(files)}};
}
ordered_json to_json(const event::PackageNeeded& e)
{
    ordered_json json = {{"event", "package_needed"},
                         {"package", e.package},
                         {"compared_with", e.compared_with},
                         {"changes", e.changes}};
    if (e.last_wall_seconds)
        json["last_wall_seconds"] = *e.last_wall_seconds;
    if (e.last_cpu_seconds)
        json["last_cpu_seconds"] = *e.last_cpu_seconds;
    return json;
}
ordered_json to_json(const event::PackagePhases& e)
{
    auto phases = ordered_json::array();
    for (const auto& phase : e.phases)
        phases.push_back(
            {{"phase", phase.phase}, {"start_seconds", phase.start_seconds}, {"wall_seconds", phase.wall_seconds}});
    return {{"event", "package_phases"}, {"package", e.package}, {"phases", std::move(phases)}};
}
ordered_json to_json(const event::Load& e)
{
    return {{"event", "load"},
            {"package", e.package},
            {"jobs_running", e.jobs_running},
            {"jobs_held", e.jobs_held},
            {"available_memory_bytes", e.available_memory_bytes}};
}
ordered_json to_json(const event::StepStarted& e)
{
    return {{"event", "step_started"}, {"package", e.package}, {"phase", e.phase}};
}
ordered_json to_json(const event::StepFinished& e)
{
    return {{"event", "step_finished"},       {"package", e.package},         {"phase", e.phase},
            {"wall_seconds", e.wall_seconds}, {"cpu_seconds", e.cpu_seconds}, {"ok", e.ok}};
}
ordered_json to_json(const event::PackageReused& e)
{
    return {{"event", "package_reused"},
            {"package", e.package},
            {"layer", e.layer},
            {"cpu_seconds", e.cpu_seconds},
            {"layer_bytes", e.layer_bytes}};
}
ordered_json to_json(const event::PackagePulled& e)
{
    return {{"event", "package_pulled"},
            {"package", e.package},
            {"origin", e.origin},
            {"bytes", e.bytes},
            {"wall_seconds", e.wall_seconds},
            {"cpu_seconds", e.cpu_seconds},
            {"layer_bytes", e.layer_bytes}};
}
ordered_json to_json(const event::SourceReady& e)
{
    return {{"event", "source_ready"}, {"package", e.package}, {"origin", e.origin}, {"bytes", e.bytes}};
}
ordered_json to_json(const event::FetchProgress& e)
{
    return {{"event", "fetch_progress"},
            {"package", e.package},
            {"origin", e.origin},
            {"done_bytes", e.done_bytes},
            {"total_bytes", e.total_bytes}};
}
ordered_json to_json(const event::PackageBuilt& e)
{
    return {{"event", "package_built"},
            {"package", e.package},
            {"wall_seconds", e.wall_seconds},
            {"commands_wall_seconds", e.commands_wall_seconds},
            {"cpu_seconds", e.cpu_seconds},
            {"peak_memory_bytes", e.peak_memory_bytes},
            {"run_bytes", e.run_bytes},
            {"compiler_hits", e.compiler_hits},
            {"compiler_misses", e.compiler_misses}};
}
ordered_json to_json(const event::HostFinished& e)
{
    return {{"event", "host_finished"},
            {"host", e.host},
            {"action", e.action},
            {"ok", e.ok},
            {"reason", e.reason},
            {"bytes", e.bytes},
            {"wall_seconds", e.wall_seconds}};
}
ordered_json to_json(const event::Message& e)
{
    constexpr std::array names = {"info", "warning", "error"};
    return {{"event", "message"}, {"level", names.at(static_cast<std::size_t>(e.level))}, {"text", e.text}};
}

} // namespace

JsonLinesSink::JsonLinesSink(util::UniqueFd fd) : fd_(std::move(fd)), start_(std::chrono::steady_clock::now()) {}

util::Result<std::unique_ptr<JsonLinesSink>> JsonLinesSink::open(const std::filesystem::path& path)
{
    util::UniqueFd fd;
    if (path == "-") {
        fd = util::UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
        if (fd.get() < 0)
            return util::fail_errno(errno, "cannot write to standard output");
    } else {
        SF_TRY(fd, util::open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644));
    }
    std::unique_ptr<JsonLinesSink> sink(new JsonLinesSink(std::move(fd)));
    sink->write(ordered_json{{"event", "stream"}, {"format", json_lines_format}, {"time", 0}}.dump() + "\n");
    return sink;
}

void JsonLinesSink::on_event(const event::Event& event)
{
    auto json = std::visit([](const auto& concrete) { return to_json(concrete); }, event);
    json["time"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    // Paths may be other than UTF-8; dump() would throw.
    const auto line = util::visible_json(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace)) + "\n";
    write(line);
}

void JsonLinesSink::write(const std::string& line)
{
    const std::lock_guard lock(mutex_);
    // A record that cannot be written must not stop the build it records.
    static_cast<void>(util::write_all(fd_.get(), line));
}

} // namespace sf::report
