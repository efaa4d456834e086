#include "report/html.hpp"

#include "report/charts.hpp"
#include "report/markup.hpp"
#include "report/page.html.hpp"
#include "report/style.css.hpp"
#include "util/fill_in.hpp"
#include "util/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace sf::report {
namespace {

using Kind = PackageResult::Kind;

/// Slower by a fifth and by two seconds: less may be chance.
bool is_slower(const PackageResult& package)
{
    constexpr double factor = 1.2;
    constexpr double least = 2;
    if (package.kind != Kind::built || !package.needed || !package.needed->last_wall_seconds)
        return false;
    const auto last = *package.needed->last_wall_seconds;
    return package.wall_seconds > factor * last && package.wall_seconds > last + least;
}

std::string result_of(const PackageResult& package)
{
    switch (package.kind) {
    case Kind::built:
        return "built";
    case Kind::failed:
        return R"(<span class="bad">failed</span>)";
    case Kind::pulled:
        return "from " + escape(package.origin);
    case Kind::reused:
        return "from the store";
    case Kind::not_reached:
        return "not reached";
    }
    return {};
}

std::string why(const PackageResult& package)
{
    if (package.kind == Kind::reused || package.kind == Kind::pulled)
        return "nothing that decides it has changed";
    if (!package.needed)
        return {};
    const auto& needed = *package.needed;
    if (needed.compared_with.empty())
        return "never built here before";
    if (needed.changes.empty())
        return "built before, but no longer in the store";
    return fmt::format("differs from {} in: {}", escape(needed.compared_with),
                       escape(util::join(needed.changes, ", ")));
}

std::string tile(const std::string& value, const std::string& label)
{
    return fmt::format("<div><b>{}</b><span>{}</span></div>\n", value, label);
}

std::string failure(const Timeline& timeline)
{
    const auto& error = timeline.finish.error;
    return error.empty() ? std::string()
                         : fmt::format("<h2 class=\"bad\">It failed</h2>\n<pre>{}</pre>\n", escape(error));
}

std::string tiles(const Timeline& timeline)
{
    unsigned built = 0;
    unsigned reused = 0;
    unsigned pulled = 0;
    double cpu = 0;
    std::uint64_t bytes = 0;
    for (const auto& package : timeline.packages) {
        built += package.kind == Kind::built ? 1 : 0;
        reused += package.kind == Kind::reused ? 1 : 0;
        pulled += package.kind == Kind::pulled ? 1 : 0;
        cpu += package.kind == Kind::built ? package.cpu_seconds : 0;
        bytes += package.ships ? package.bytes : 0;
    }
    auto text = "<div class=\"tiles\">\n" + tile(human_seconds(timeline.seconds), "in all");
    text += tile(fmt::format("{} of {}", built, timeline.packages.size()), "packages built");
    text += tile(fmt::format("{} + {}", reused, pulled), "from the store + from binary caches");
    if (timeline.critical_seconds > 0)
        text += tile(human_seconds(timeline.critical_seconds), "critical path");
    if (cpu > 0)
        text += tile(human_seconds(cpu), fmt::format("CPU time, {:.1f} of {} jobs on average",
                                                     cpu / std::max(timeline.seconds, 0.001), timeline.plan.jobs));
    if (timeline.finish.error.empty())
        text += tile(util::human_bytes(bytes), "unpacked");
    return text + "</div>\n";
}

std::string legend()
{
    std::string text = R"(<p class="legend">)";
    const auto entry = [&text](const char* color, const char* name) {
        text += fmt::format("<span><i style=\"background:var(--{})\"></i>{}</span>\n", color, name);
    };
    entry("configure", "configure");
    entry("build", "build");
    entry("install", "install");
    entry("capture", "strip, divide and compress");
    entry("other", "unpack, prepare, finish");
    entry("fetch", "transfer");
    entry("bundle", "packing");
    entry("accent", "framed: on the critical path");
    return text + "</p>\n";
}

std::string timeline_section(const Timeline& timeline)
{
    if (timeline.work.empty() && timeline.transfers.empty())
        return {};
    return "<h2>Timeline</h2>\n<div class=\"wide\">\n" + timeline_chart(timeline) + "</div>\n" + legend();
}

std::string critical_section(const Timeline& timeline)
{
    if (timeline.critical_path.empty())
        return {};
    auto text =
        fmt::format("<h2>Critical path</h2>\n<p class=\"note\">Each of these needs the one before. They take {} "
                    "of {}; more cores cannot make the build shorter than that.</p>\n<ol class=\"path\">\n",
                    human_seconds(timeline.critical_seconds), human_seconds(timeline.seconds));
    for (const auto& package : timeline.packages)
        if (package.critical)
            text += fmt::format("<li>{}<span>{}</span><i style=\"width:{:.1f}%\"></i></li>\n", escape(package.name),
                                human_seconds(package.wall_seconds),
                                100 * package.wall_seconds / timeline.critical_seconds);
    return text + "</ol>\n";
}

std::string last_time(const PackageResult& package)
{
    if (package.kind != Kind::built || !package.needed || !package.needed->last_wall_seconds)
        return {};
    const auto text = human_seconds(*package.needed->last_wall_seconds);
    return is_slower(package) ? fmt::format(R"(<span class="slow">{} ▲</span>)", text) : text;
}

std::string package_row(const PackageResult& package)
{
    const bool worked = package.wall_seconds > 0;
    const bool built = package.kind == Kind::built;
    auto compiler = std::string();
    if (package.compiler_hits + package.compiler_misses > 0)
        compiler = fmt::format(" · {} of {} compilations from ccache", package.compiler_hits,
                               package.compiler_hits + package.compiler_misses);
    return fmt::format(
        "<tr><td class=\"id\">{}{}</td><td>{}</td><td>{}{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escape(package.name), package.critical ? R"( <span class="mark" title="on the critical path">◆</span>)" : "",
        result_of(package), why(package), compiler, worked ? human_seconds(package.wall_seconds) : "",
        last_time(package), package.cpu_seconds > 0 ? human_seconds(package.cpu_seconds) : "",
        built && package.peak_memory_bytes > 0 ? util::human_bytes(package.peak_memory_bytes) : "",
        package.ships && package.bytes > 0 ? util::human_bytes(package.bytes) : "");
}

std::string packages_section(const Timeline& timeline)
{
    std::vector<const PackageResult*> packages;
    std::vector<std::string> slower;
    for (const auto& package : timeline.packages) {
        packages.push_back(&package);
        if (is_slower(package))
            slower.push_back(package.name);
    }
    std::stable_sort(packages.begin(), packages.end(),
                     [](const auto* a, const auto* b) { return a->wall_seconds > b->wall_seconds; });
    std::string text = "<h2>Packages</h2>\n";
    if (!slower.empty())
        text +=
            fmt::format("<p class=\"slow\">▲ Slower than the last time: {}.</p>\n", escape(util::join(slower, ", ")));
    text +=
        "<div class=\"wide\"><table>\n<thead><tr><th>Package</th><th>Result</th><th>Why</th><th class=\"n\">Time</th>"
        "<th class=\"n\">Last time</th><th class=\"n\">CPU</th><th class=\"n\">Peak memory</th>"
        "<th class=\"n\">Ships</th></tr></thead>\n<tbody>\n";
    for (const auto* package : packages)
        text += package_row(*package);
    return text +
           "</tbody></table></div>\n<p class=\"note\">CPU is what the package's build took, whenever it was; last "
           "time is that of its newest build before, of any version.</p>\n";
}

std::string size_section(const Timeline& timeline)
{
    const auto chart = timeline.finish.error.empty() ? size_chart(timeline) : std::string();
    return chart.empty() ? chart : "<h2>Size, unpacked</h2>\n<div class=\"wide\">\n" + chart + "</div>\n";
}

std::string transfers_section(const Timeline& timeline)
{
    if (timeline.transfers.empty())
        return {};
    std::string text = "<h2>Transfers</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>Package</th><th>From</th>"
                       "<th class=\"n\">Size</th><th class=\"n\">Time</th></tr></thead>\n<tbody>\n";
    for (const auto& bar : timeline.transfers)
        text += fmt::format(
            "<tr><td class=\"id\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
            escape(bar.name), escape(bar.origin), util::human_bytes(bar.bytes), human_seconds(bar.end - bar.start));
    return text + "</tbody></table></div>\n";
}

std::string environment_section(const Timeline& timeline)
{
    const auto& plan = timeline.plan;
    std::string text = "<h2>Environment</h2>\n<table>\n";
    const auto row = [&text](const char* name, const std::string& value) {
        if (!value.empty())
            text += fmt::format("<tr><td class=\"soft\">{}</td><td>{}</td></tr>\n", name, escape(value));
    };
    row("Base image", fmt::format("{} (sha256 {})", plan.image, plan.image_digest));
    row("Compiler", plan.compiler);
    row("Target", plan.target);
    row("Hardening", plan.hardening);
    row("glibc floor", plan.glibc);
    row("Tool", "slurm-factory " + plan.tool_version);
    row("Host", fmt::format("{}, {} cores, {}", plan.host, plan.cores, util::human_bytes(plan.memory_bytes)));
    row("Jobs", std::to_string(plan.jobs));
    for (const auto& file : timeline.finish.files)
        row("File", fmt::format("{} ({})", file.path, util::human_bytes(file.bytes)));
    return text + "</table>\n";
}

std::string reproduction_section(const Timeline& timeline)
{
    return fmt::format(
        "<h2>Make it again</h2>\n<p class=\"note\">In the directory of this file, with the same version of "
        "the tool; the base image must be the same for the same bytes.</p>\n<pre>{}</pre>\n",
        escape(timeline.plan.command));
}

std::string messages_section(const Timeline& timeline)
{
    if (timeline.messages.empty())
        return {};
    std::string text = "<h2>Warnings</h2>\n<ul>\n";
    for (const auto& message : timeline.messages)
        text += fmt::format("<li>{}</li>\n", escape(message.text));
    return text + "</ul>\n";
}

} // namespace

std::string html_report(const Timeline& timeline)
{
    const auto& plan = timeline.plan;
    const auto started =
        fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(timeline.started)));
    const auto body = failure(timeline) + tiles(timeline) + timeline_section(timeline) + critical_section(timeline) +
                      packages_section(timeline) + messages_section(timeline) + size_section(timeline) +
                      transfers_section(timeline) + environment_section(timeline) + reproduction_section(timeline);
    return util::fill_in(page_html(), {{"style", style_css()},
                                       {"name", escape(plan.name)},
                                       {"request", escape(plan.request)},
                                       {"started", started},
                                       {"version", escape(plan.tool_version)},
                                       {"body", body}});
}

} // namespace sf::report
