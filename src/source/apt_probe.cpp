#include "source/apt_probe.hpp"

#include "http/url.hpp"
#include "source/apt_config.hpp"
#include "source/apt_records.hpp"
#include "util/process/process.hpp"

#include <system_error>

namespace sf::source {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Fetch {
    util::Result<util::CommandResult> result;
    double seconds = 0;
};

Fetch fetch(const AptProbeSettings& settings, const std::string& uri, const fs::path& file,
            std::chrono::seconds timeout, const util::StopToken& stop)
{
    util::Command command;
    const auto wait = std::to_string(settings.connect_timeout.count());
    command.argv = {apt_helper, "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=" + wait, "-o",
                    "Acquire::https::Timeout=" + wait,
                    // Its own user might not enter the scratch directory.
                    "-o", "APT::Sandbox::User=root", "download-file", uri, file.string()};
    command.environment_changes = {{"LC_ALL", "C.UTF-8"}};
    command.stop = stop;
    command.timeout = timeout;
    const auto start = Clock::now();
    auto result = util::run(command);
    return {std::move(result), std::chrono::duration<double>(Clock::now() - start).count()};
}

} // namespace

util::Result<AptProbe> probe_apt(const AptProbeSettings& settings, const util::StopToken& stop)
{
    SF_TRY(const auto archive, choose_archive(read_host_sources(settings.etc_apt), read_codename(settings.os_release)));
    auto base = archive.main.uris.front();
    while (base.ends_with('/'))
        base.pop_back();
    const auto suite = base + "/dists/" + archive.main.suites.front();
    AptProbe probe{.archive = http::without_password(base)};

    // Twice: one time for the connection, one for the answer.
    const auto release =
        fetch(settings, suite + "/InRelease", settings.scratch / "InRelease", 2 * settings.connect_timeout, stop);
    SF_CHECK(stop.check());
    if (!release.result || release.result->exit_code != 0)
        return util::fail(util::ErrorCode::source, fmt::format("{}: {}", probe.archive,
                                                               release.result ? apt_complaint(release.result->output)
                                                                              : release.result.error().message));
    probe.answer_seconds = release.seconds;

    const auto file = settings.scratch / "Sources.xz";
    const auto list = fetch(settings, suite + "/main/source/Sources.xz", file, settings.longest, stop);
    SF_CHECK(stop.check());
    std::error_code missing;
    const auto bytes = fs::file_size(file, missing); // also of a transfer that was cut off
    if (!missing) {
        probe.bytes = bytes;
        probe.transfer_seconds = list.seconds;
    }
    return probe;
}

} // namespace sf::source
