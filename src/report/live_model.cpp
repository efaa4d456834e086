#include "report/live_model.hpp"

#include "event/overloaded.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::report {
namespace {

/// "slurm-24.11.5" of "slurm@24.11.5", as logs are named; also of "LABEL: slurm@24.11.5", in a matrix.
std::string log_name(std::string package)
{
    package.erase(0, package.rfind(' ') + 1); // 0 where there is none
    std::replace(package.begin(), package.end(), '@', '-');
    return package;
}

} // namespace

void LiveModel::finish(const std::string& package)
{
    running_.erase(package);
    transfers_.erase(package);
    packages_[package].done = true;
}

void LiveModel::take(const event::Event& event, double now)
{
    std::visit(event::Overloaded{
                   [this](const event::BuildPlanned& planned) {
                       ++builds_;
                       jobs_ = std::max(1U, planned.jobs);
                       for (const auto& package : planned.packages) {
                           order_.push_back(package.package);
                           packages_[package.package] = {package.needs, package.last_wall_seconds,
                                                         package.last_cpu_seconds, false};
                       }
                   },
                   [this](const event::BuildFinished& /*finished*/) {
                       if (--builds_ == 0)
                           running_.clear();
                   },
                   [this, now](const event::StepStarted& started) {
                       running_[started.package] = {started.phase, now};
                   },
                   [this](const event::StepFinished& finished) {
                       transfers_.erase(finished.package);
                       const auto work = running_.find(finished.package);
                       if (work != running_.end() && work->second.phase == finished.phase)
                           running_.erase(work);
                   },
                   [this](const event::PackageReused& reused) {
                       ++reused_;
                       finish(reused.package);
                   },
                   [this](const event::PackagePulled& pulled) {
                       ++pulled_;
                       finish(pulled.package);
                   },
                   [this](const event::PackageBuilt& built) {
                       ++built_;
                       finish(built.package);
                   },
                   [this](const event::FetchProgress& progress) { transfers_[progress.package] = progress; },
                   [this](const event::Load& load) { load_ = load; },
                   [](const auto& /*other*/) {},
               },
               event);
}

double LiveModel::left_of(const std::string& name, const Package& package, double now) const
{
    const auto expected = package.wall_seconds.value_or(0);
    const auto work = running_.find(name);
    return work != running_.end() && work->second.phase == "build"
               ? std::max(0.0, expected - (now - work->second.since))
               : expected;
}

std::optional<Remaining> LiveModel::remaining(double now) const
{
    Remaining remaining;
    bool known = false;
    double cpu = 0;
    std::map<std::string, double> ends; // when each may be there, from now
    for (const auto& name : order_) {
        const auto& package = packages_.at(name);
        if (package.done)
            continue;
        known = known || package.wall_seconds;
        remaining.complete = remaining.complete && package.wall_seconds;
        const auto left = left_of(name, package, now);
        double start = 0;
        for (const auto& need : package.needs)
            if (const auto end = ends.find(need); end != ends.end())
                start = std::max(start, end->second);
        ends[name] = start + left;
        remaining.seconds = std::max(remaining.seconds, start + left);
        if (const auto wall = package.wall_seconds.value_or(0); wall > 0)
            cpu += package.cpu_seconds.value_or(wall) * left / wall;
    }
    if (!known)
        return std::nullopt;
    remaining.seconds = std::max(remaining.seconds, cpu / jobs_);
    return remaining;
}

const LiveUsage* LiveModel::usage_of(const std::string& package, const Work& work) const
{
    const auto usage = usage_.find(log_name(package));
    return work.phase == "build" && usage != usage_.end() ? &usage->second : nullptr;
}

std::string LiveModel::work_line(const std::string& package, const Work& work, double now) const
{
    auto time = util::clock_time(now - work.since);
    const auto known = packages_.find(package);
    if (work.phase == "build" && known != packages_.end() && known->second.wall_seconds)
        time += " of ~" + util::clock_time(*known->second.wall_seconds);
    auto line = fmt::format("  {:<24} {:<8} {:<15}", package, work.phase, time);
    if (const auto transfer = transfers_.find(package); transfer != transfers_.end()) {
        const auto& [name, origin, done, total] = transfer->second;
        line += total > 0 ? fmt::format(" {} of {}", util::human_bytes(done), util::human_bytes(total))
                          : " " + util::human_bytes(done);
    } else if (const auto usage = usage_.find(log_name(package)); usage != usage_.end()) {
        line +=
            fmt::format(" {:>4.1f} cores {:>10}", usage->second.cores, util::human_bytes(usage->second.memory_bytes));
    }
    return line;
}

std::string LiveModel::total_line(double now) const
{
    auto line = fmt::format("{} of {} packages", reused_ + pulled_ + built_, packages_.size());
    if (reused_ + pulled_ > 0)
        line += fmt::format(", {} from caches", reused_ + pulled_);
    if (load_)
        line += fmt::format("; {} of {} jobs", load_->jobs_running, jobs_) +
                (load_->jobs_held > 0 ? fmt::format(", {} held back for memory", load_->jobs_held) : "");
    line += "; " + util::clock_time(now);
    if (const auto left = remaining(now))
        line += fmt::format(", {} {} to go", left->complete ? "about" : "at least", util::clock_time(left->seconds));
    return line;
}

std::vector<std::string> LiveModel::lines(double now, unsigned columns, bool last_lines) const
{
    std::vector<std::string> lines;
    if (running_.empty() && builds_ == 0)
        return lines;
    std::vector<std::pair<std::string, Work>> running(running_.begin(), running_.end());
    std::stable_sort(running.begin(), running.end(),
                     [](const auto& one, const auto& other) { return one.second.since < other.second.since; });
    for (const auto& [package, work] : running) {
        lines.push_back(util::fit_columns(work_line(package, work, now), columns));
        const auto* usage = usage_of(package, work);
        if (last_lines && usage != nullptr && !usage->last_line.empty())
            lines.push_back(util::fit_columns("    " + usage->last_line, columns));
    }
    if (builds_ > 0)
        lines.push_back(util::fit_columns(total_line(now), columns));
    return lines;
}

} // namespace sf::report
