#include "report/trace.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace sf::report {
namespace {

using Json = nlohmann::ordered_json;

enum Process : int { packages = 1, transfers = 2, load = 3 };

std::int64_t microseconds(double seconds)
{
    constexpr double in_a_second = 1e6;
    return std::llround(seconds * in_a_second);
}

const char* category(Bar::Kind kind)
{
    switch (kind) {
    case Bar::Kind::build:
        return "build";
    case Bar::Kind::image:
        return "image";
    case Bar::Kind::bundle:
        return "bundle";
    case Bar::Kind::fetch:
        return "fetch";
    case Bar::Kind::pull:
        return "pull";
    }
    return "";
}

class Writer {
public:
    void name_process(Process process, const char* name)
    {
        add({{"ph", "M"}, {"pid", process}, {"name", "process_name"}, {"args", {{"name", name}}}});
        add({{"ph", "M"}, {"pid", process}, {"name", "process_sort_index"}, {"args", {{"sort_index", process}}}});
    }
    void name_lanes(Process process, const std::string& name, const std::vector<Bar>& bars)
    {
        std::size_t lanes = 0;
        for (const auto& bar : bars)
            lanes = std::max(lanes, bar.lane + 1);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            add({{"ph", "M"},
                 {"pid", process},
                 {"tid", lane + 1},
                 {"name", "thread_name"},
                 {"args", {{"name", name + " " + std::to_string(lane + 1)}}}});
    }
    void slice(Process process, std::size_t lane, const std::string& name, const char* kind, double start, double end,
               Json arguments)
    {
        // Rounded ends, so that what is within something else stays so.
        add({{"ph", "X"},
             {"pid", process},
             {"tid", lane + 1},
             {"name", name},
             {"cat", kind},
             {"ts", microseconds(start)},
             {"dur", microseconds(end) - microseconds(start)},
             {"args", std::move(arguments)}});
    }
    void counter(const char* name, double seconds, Json values)
    {
        add({{"ph", "C"}, {"pid", load}, {"name", name}, {"ts", microseconds(seconds)}, {"args", std::move(values)}});
    }
    void instant(const std::string& name, double seconds)
    {
        add({{"ph", "i"}, {"s", "g"}, {"pid", packages}, {"tid", 1}, {"name", name}, {"ts", microseconds(seconds)}});
    }
    /// An arrow from the end of one bar to the start of another.
    void flow(std::size_t id, const Bar& from, const Bar& to)
    {
        const auto end = [&](const char* phase, const Bar& bar, double seconds) {
            add({{"ph", phase},
                 {"bp", "e"},
                 {"id", id},
                 {"pid", bar.kind == Bar::Kind::pull ? transfers : packages},
                 {"tid", bar.lane + 1},
                 {"name", "critical path"},
                 {"cat", "critical"},
                 {"ts", microseconds(seconds)}});
        };
        constexpr double tick = 1e-6; // an arrow must begin within what it comes from
        end("s", from, std::max(from.start, from.end - tick));
        end("f", to, to.start);
    }
    [[nodiscard]] const std::vector<Json>& events() const { return events_; }

private:
    void add(Json event) { events_.push_back(std::move(event)); }
    std::vector<Json> events_;
};

void write_bars(Writer& writer, Process process, const std::vector<Bar>& bars)
{
    for (const auto& bar : bars) {
        Json arguments = {{"ok", bar.ok}, {"critical", bar.critical}};
        if (!bar.origin.empty())
            arguments.update({{"origin", bar.origin}, {"bytes", bar.bytes}});
        writer.slice(process, bar.lane, bar.name, category(bar.kind), bar.start, bar.end, std::move(arguments));
        for (const auto& slice : bar.slices)
            writer.slice(process, bar.lane, slice.name, "phase", slice.start, slice.end, {{"package", bar.name}});
    }
}

const Bar* last_critical(const Timeline& timeline, const std::string& name)
{
    const Bar* last = nullptr;
    for (const auto* bars : {&timeline.work, &timeline.transfers})
        for (const auto& bar : *bars)
            if (bar.critical && bar.name == name && (last == nullptr || bar.start > last->start))
                last = &bar;
    return last;
}

void write_critical_path(Writer& writer, const Timeline& timeline)
{
    for (std::size_t i = 1; i < timeline.critical_path.size(); ++i) {
        const auto* from = last_critical(timeline, timeline.critical_path[i - 1]);
        const auto* to = last_critical(timeline, timeline.critical_path[i]);
        if (from != nullptr && to != nullptr)
            writer.flow(i, *from, *to);
    }
}

void write_load(Writer& writer, const Timeline& timeline)
{
    for (const auto& [seconds, sample] : timeline.load) {
        writer.counter("jobs", seconds, {{"running", sample.jobs_running}, {"held back", sample.jobs_held}});
        writer.counter("memory available", seconds, {{"bytes", sample.available_memory_bytes}});
    }
}

} // namespace

std::string trace_json(const Timeline& timeline)
{
    Writer writer;
    writer.name_process(packages, "packages");
    writer.name_lanes(packages, "package", timeline.work);
    writer.name_process(transfers, "transfers");
    writer.name_lanes(transfers, "transfer", timeline.transfers);
    writer.name_process(load, "load");
    write_bars(writer, packages, timeline.work);
    write_bars(writer, transfers, timeline.transfers);
    write_critical_path(writer, timeline);
    write_load(writer, timeline);
    if (!timeline.finish.error.empty())
        writer.instant("failed", timeline.seconds);
    const auto& plan = timeline.plan;
    const Json about = {
        {"build", plan.name},  {"request", plan.request}, {"tool", "slurm-factory " + plan.tool_version},
        {"image", plan.image}, {"target", plan.target},   {"hardening", plan.hardening},
        {"glibc", plan.glibc}, {"jobs", plan.jobs}};
    // One event a line: a large trace can be searched and compared.
    std::string text = "{\"traceEvents\": [\n";
    for (const auto& event : writer.events()) {
        if (!text.ends_with("[\n"))
            text += ",\n";
        text += event.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    text += "\n],\n\"displayTimeUnit\": \"ms\",\n\"otherData\": ";
    return text + about.dump(2, ' ', false, Json::error_handler_t::replace) + "}\n";
}

} // namespace sf::report
