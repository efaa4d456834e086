#include "report/timeline.hpp"

#include <algorithm>
#include <map>

namespace sf::report {
namespace {

/// Reads a recording from its start to its end.
class Reader {
public:
    explicit Reader(const Recording& recording) { timeline_.started = recording.started; }
    void at(double seconds) { now_ = seconds; }
    void operator()(const event::BuildPlanned& planned);
    void operator()(const event::BuildFinished& finished) { timeline_.finish = finished; }
    void operator()(const event::PackageNeeded& needed) { result_of(needed.package).needed = needed; }
    void operator()(const event::StepStarted& started);
    void operator()(const event::StepFinished& finished);
    void operator()(const event::PackageReused& reused);
    void operator()(const event::PackagePulled& pulled);
    void operator()(const event::SourceReady& source);
    void operator()(const event::FetchProgress& /*progress*/) {}
    void operator()(const event::PackagePhases& phases);
    void operator()(const event::PackageBuilt& built);
    void operator()(const event::Load& load) { timeline_.load.push_back({now_, load}); }
    void operator()(const event::HostFinished& /*host*/) {} // of deployments, not of builds
    void operator()(const event::Message& message);
    [[nodiscard]] Timeline finish();

private:
    static Bar::Kind kind_of(const std::string& phase);
    PackageResult& result_of(const std::string& package);
    /// The bar of a build, image or bundle that was begun last.
    Bar* last_bar(const std::string& name);
    void close_open_bars();
    void sum_up();
    void end_load();
    void find_critical_path();

    double now_ = 0;
    Timeline timeline_;
    std::map<std::string, std::size_t> places_;  ///< of packages
    std::map<std::string, double> open_;         ///< start of each bar's step that has not ended, by name
    std::map<std::string, std::size_t> fetches_; ///< place of a package's last transfer of sources
};

Bar::Kind Reader::kind_of(const std::string& phase)
{
    if (phase == "build" || phase == "capture")
        return Bar::Kind::build;
    return phase == "bundle" ? Bar::Kind::bundle : Bar::Kind::image;
}

PackageResult& Reader::result_of(const std::string& package)
{
    const auto [place, added] = places_.try_emplace(package, timeline_.packages.size());
    if (added) {
        timeline_.packages.emplace_back();
        timeline_.packages.back().name = package;
    }
    return timeline_.packages[place->second];
}

Bar* Reader::last_bar(const std::string& name)
{
    const auto found = std::find_if(timeline_.work.rbegin(), timeline_.work.rend(),
                                    [&name](const Bar& bar) { return bar.name == name; });
    return found == timeline_.work.rend() ? nullptr : &*found;
}

void Reader::operator()(const event::BuildPlanned& planned)
{
    timeline_.plan = planned;
    for (const auto& package : planned.packages)
        result_of(package.package).ships = package.ships;
}

void Reader::operator()(const event::StepStarted& started)
{
    if (started.phase == "fetch")
        return;
    open_[started.package] = now_;
    if (started.phase == "capture" && last_bar(started.package) != nullptr)
        return;
    Bar bar;
    bar.kind = kind_of(started.phase);
    bar.name = started.package;
    bar.start = now_;
    bar.end = now_;
    bar.ok = false;
    timeline_.work.push_back(std::move(bar));
    if (started.phase == "build")
        result_of(started.package).kind = PackageResult::Kind::failed; // until it ends well
}

void Reader::operator()(const event::StepFinished& finished)
{
    if (finished.phase == "fetch") {
        Bar bar;
        bar.kind = Bar::Kind::fetch;
        bar.name = finished.package;
        bar.start = std::max(0.0, now_ - finished.wall_seconds);
        bar.end = now_;
        bar.ok = finished.ok;
        fetches_[finished.package] = timeline_.transfers.size();
        timeline_.transfers.push_back(std::move(bar));
        return;
    }
    auto* bar = last_bar(finished.package);
    const auto start = open_.find(finished.package);
    if (bar == nullptr || start == open_.end())
        return;
    if (finished.phase == "capture")
        bar->slices.push_back({finished.phase, start->second, now_});
    bar->end = now_;
    bar->ok = finished.ok;
    open_.erase(start);
}

void Reader::operator()(const event::PackagePhases& phases)
{
    auto* bar = last_bar(phases.package);
    const auto start = open_.find(phases.package);
    if (bar == nullptr || start == open_.end())
        return;
    for (const auto& phase : phases.phases) {
        const auto begin = std::min(start->second + phase.start_seconds, now_);
        bar->slices.push_back({phase.phase, begin, std::min(begin + phase.wall_seconds, now_)});
    }
}

void Reader::operator()(const event::PackageReused& reused)
{
    auto& result = result_of(reused.package);
    result.kind = PackageResult::Kind::reused;
    result.cpu_seconds = reused.cpu_seconds;
}

void Reader::operator()(const event::PackagePulled& pulled)
{
    auto& result = result_of(pulled.package);
    result.kind = PackageResult::Kind::pulled;
    result.origin = pulled.origin;
    result.wall_seconds = pulled.wall_seconds;
    result.cpu_seconds = pulled.cpu_seconds;
    Bar bar;
    bar.kind = Bar::Kind::pull;
    bar.name = pulled.package;
    bar.start = std::max(0.0, now_ - pulled.wall_seconds);
    bar.end = now_;
    bar.origin = pulled.origin;
    bar.bytes = pulled.bytes;
    timeline_.transfers.push_back(std::move(bar));
}

void Reader::operator()(const event::SourceReady& source)
{
    result_of(source.package).source = source.origin;
    if (const auto fetch = fetches_.find(source.package); fetch != fetches_.end()) {
        timeline_.transfers[fetch->second].origin = source.origin;
        timeline_.transfers[fetch->second].bytes = source.bytes;
    }
}

void Reader::operator()(const event::PackageBuilt& built)
{
    auto& result = result_of(built.package);
    result.kind = PackageResult::Kind::built;
    result.cpu_seconds = built.cpu_seconds;
    result.peak_memory_bytes = built.peak_memory_bytes;
    result.compiler_hits = built.compiler_hits;
    result.compiler_misses = built.compiler_misses;
    result.bytes = built.run_bytes;
}

void Reader::operator()(const event::Message& message)
{
    if (message.level != event::Message::Level::info)
        timeline_.messages.push_back(message);
}

void Reader::close_open_bars()
{
    for (const auto& [name, start] : open_)
        if (auto* bar = last_bar(name))
            bar->end = now_;
}

void Reader::sum_up()
{
    for (const auto& bar : timeline_.work)
        if (bar.kind == Bar::Kind::build)
            result_of(bar.name).wall_seconds += bar.end - bar.start;
    for (const auto& size : timeline_.finish.sizes)
        result_of(size.package).bytes = size.bytes;
}

void Reader::find_critical_path()
{
    std::vector<double> seconds(timeline_.packages.size(), 0);
    std::vector<std::vector<std::size_t>> needs(timeline_.packages.size());
    for (std::size_t place = 0; place < timeline_.packages.size(); ++place)
        seconds[place] = timeline_.packages[place].wall_seconds;
    for (const auto& package : timeline_.plan.packages) {
        const auto place = places_.at(package.package);
        for (const auto& name : package.needs)
            if (const auto need = places_.find(name); need != places_.end() && need->second < place)
                needs[place].push_back(need->second);
    }
    for (const auto place : critical_path(seconds, needs)) {
        auto& package = timeline_.packages[place];
        package.critical = true;
        timeline_.critical_path.push_back(package.name);
        timeline_.critical_seconds += package.wall_seconds;
    }
    for (auto* bars : {&timeline_.work, &timeline_.transfers})
        for (auto& bar : *bars)
            if (bar.kind == Bar::Kind::build || bar.kind == Bar::Kind::pull)
                bar.critical = result_of(bar.name).critical;
}

/// Load was not sampled when the last package ended.
void Reader::end_load()
{
    double end = 0;
    for (const auto& bar : timeline_.work)
        if (bar.kind == Bar::Kind::build)
            end = std::max(end, bar.end);
    if (!timeline_.load.empty() && end > timeline_.load.back().seconds)
        timeline_.load.push_back({end, {{}, 0, 0, timeline_.load.back().load.available_memory_bytes}});
}

Timeline Reader::finish()
{
    timeline_.seconds = now_;
    close_open_bars();
    sum_up();
    end_load();
    find_critical_path();
    for (auto* bars : {&timeline_.work, &timeline_.transfers}) {
        std::stable_sort(bars->begin(), bars->end(), [](const Bar& a, const Bar& b) { return a.start < b.start; });
        assign_lanes(*bars);
    }
    return std::move(timeline_);
}

} // namespace

std::size_t assign_lanes(std::vector<Bar>& bars)
{
    std::vector<double> free_at; // by lane
    for (auto& bar : bars) {
        const auto lane = std::find_if(free_at.begin(), free_at.end(), [&bar](double end) { return end <= bar.start; });
        bar.lane = static_cast<std::size_t>(lane - free_at.begin());
        if (lane == free_at.end())
            free_at.push_back(bar.end);
        else
            *lane = bar.end;
    }
    return free_at.size();
}

std::vector<std::size_t> critical_path(const std::vector<double>& seconds,
                                       const std::vector<std::vector<std::size_t>>& needs)
{
    std::vector<double> longest(seconds.size(), 0);
    std::vector<std::optional<std::size_t>> before(seconds.size());
    std::optional<std::size_t> last;
    for (std::size_t place = 0; place < seconds.size(); ++place) {
        for (const auto need : needs[place])
            if (longest[need] > 0 && (!before[place] || longest[need] > longest[*before[place]]))
                before[place] = need;
        longest[place] = seconds[place] + (before[place] ? longest[*before[place]] : 0);
        if (longest[place] > 0 && (!last || longest[place] > longest[*last]))
            last = place;
    }
    std::vector<std::size_t> path;
    for (auto place = last; place; place = before[*place])
        if (seconds[*place] > 0)
            path.push_back(*place);
    std::reverse(path.begin(), path.end());
    return path;
}

Timeline make_timeline(const Recording& recording)
{
    Reader reader(recording);
    for (const auto& [seconds, event] : recording.events) {
        reader.at(seconds);
        std::visit(reader, event);
    }
    return reader.finish();
}

} // namespace sf::report
