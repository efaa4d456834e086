#include "report/charts.hpp"

#include "report/markup.hpp"
#include "report/treemap.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace sf::report {
namespace {

constexpr double width = 1120;
constexpr double letter = 6.2; ///< mean width of one, in the size of labels

/// Between lines of the axis of time: about ten of them.
double tick_distance(double seconds)
{
    constexpr std::array<double, 17> nice = {0.1, 0.2, 0.5, 1,   2,   5,    10,   15,  30,
                                             60,  120, 300, 600, 900, 1800, 3600, 7200};
    constexpr double wanted = 12;
    const auto* found =
        std::find_if(nice.begin(), nice.end(), [seconds](double step) { return seconds / step <= wanted; });
    return found == nice.end() ? std::ceil(seconds / wanted / nice.back()) * nice.back() : *found;
}

std::string tick_label(double seconds, double distance)
{
    constexpr long minute = 60;
    if (distance < 1)
        return fmt::format("{:.1f} s", seconds);
    const auto whole = std::lround(seconds);
    return whole < 2 * minute ? fmt::format("{} s", whole)
                              : fmt::format("{}:{:02} min", whole / minute, whole % minute);
}

std::string describe(const Bar& bar)
{
    auto text =
        fmt::format("{}: {}, from {} on", bar.name, human_seconds(bar.end - bar.start), human_seconds(bar.start));
    if (!bar.ok)
        text += ", failed";
    if (bar.critical)
        text += ", on the critical path";
    if (!bar.origin.empty())
        text += fmt::format("\n{} from {}", util::human_bytes(bar.bytes), bar.origin);
    for (const auto& slice : bar.slices)
        text += fmt::format("\n{}: {}", slice.name, human_seconds(slice.end - slice.start));
    return text;
}

const char* style_of(Bar::Kind kind)
{
    switch (kind) {
    case Bar::Kind::build:
        return "bar";
    case Bar::Kind::image:
        return "bar image";
    case Bar::Kind::bundle:
        return "bar bundle";
    case Bar::Kind::fetch:
        return "bar fetch";
    case Bar::Kind::pull:
        return "bar pull";
    }
    return "";
}

/// Draws top down.
class Drawing {
public:
    explicit Drawing(double seconds) : seconds_(std::max(seconds, 0.001)) {}
    void heading(const std::string& text)
    {
        y_ += 16;
        body_ += fmt::format(R"(<text class="heading" x="0" y="{:.0f}">{}</text>)"
                             "\n",
                             y_, escape(text));
        y_ += 8;
    }
    void bars(const std::vector<Bar>& bars, double height)
    {
        std::size_t lanes = 0;
        for (const auto& bar : bars) {
            draw(bar, y_ + static_cast<double>(bar.lane) * (height + gap), height);
            lanes = std::max(lanes, bar.lane + 1);
        }
        y_ += static_cast<double>(lanes) * (height + gap);
    }
    void steps(const std::vector<LoadSample>& samples, unsigned most);
    [[nodiscard]] std::string finish() const;

private:
    static constexpr double gap = 4;
    [[nodiscard]] double x(double seconds) const { return std::clamp(seconds / seconds_, 0.0, 1.0) * width; }
    void draw(const Bar& bar, double y, double height);
    [[nodiscard]] std::string axis() const;

    double seconds_;
    double y_ = 20; ///< below the axis' labels
    std::string body_;
};

void Drawing::draw(const Bar& bar, double y, double height)
{
    constexpr double phase_height = 9;
    constexpr double least = 1.5;
    const auto left = x(bar.start);
    const auto wide = std::max(least, x(bar.end) - left);
    // An svg within the svg cuts off what does not fit.
    body_ += fmt::format(R"(<svg x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><g class="{}{}{}">)"
                         R"(<title>{}</title><rect class="box" width="{:.1f}" height="{:.1f}" rx="3"/>)",
                         left, y, wide, height, style_of(bar.kind), bar.critical ? " critical" : "",
                         bar.ok ? "" : " failed", escape(describe(bar)), wide, height);
    for (const auto& slice : bar.slices)
        body_ += fmt::format(R"(<rect class="phase {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"/>)",
                             escape(slice.name), x(slice.start) - left, height - phase_height - 2,
                             std::max(0.0, x(slice.end) - x(slice.start)), phase_height);
    if (wide > 4 * letter)
        body_ += fmt::format(R"(<text x="4" y="{:.1f}">{}</text>)", bar.slices.empty() ? height / 2 + 4 : 12.0,
                             escape(bar.name));
    body_ += "</g></svg>\n";
}

void Drawing::steps(const std::vector<LoadSample>& samples, unsigned most)
{
    constexpr double height = 56;
    const auto level = [&](unsigned jobs) {
        return y_ + height * (1 - std::min(1.0, static_cast<double>(jobs) / std::max(1U, most)));
    };
    auto path = fmt::format("M{:.1f},{:.1f}", x(samples.front().seconds), y_ + height);
    for (const auto& [seconds, load] : samples)
        path += fmt::format("H{:.1f}V{:.1f}", x(seconds), level(load.jobs_running));
    path += fmt::format("H{:.1f}V{:.1f}Z", width, y_ + height);
    body_ += fmt::format(R"(<path class="jobs" d="{}"/><path class="most" d="M0,{:.1f}H{}"/>)"
                         "\n",
                         path, y_, width);
    y_ += height + 2;
}

std::string Drawing::axis() const
{
    std::string lines;
    const auto distance = tick_distance(seconds_);
    const auto count = static_cast<unsigned>(seconds_ / distance);
    for (unsigned tick = 0; tick <= count; ++tick) {
        const auto at = tick * distance;
        lines += fmt::format(R"(<path class="grid" d="M{0:.1f},16V{1:.0f}"/>)", x(at), y_);
        if (x(at) < width - 7 * letter)
            lines += fmt::format(R"(<text class="tick" x="{:.1f}" y="11">{}</text>)", x(at), tick_label(at, distance));
    }
    return lines + "\n";
}

std::string Drawing::finish() const
{
    return fmt::format(R"(<svg class="chart" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="Timeline">)"
                       "\n{}{}</svg>\n",
                       width, y_ + 4, axis(), body_);
}

} // namespace

std::string timeline_chart(const Timeline& timeline)
{
    constexpr double work_height = 27;
    constexpr double transfer_height = 16;
    Drawing drawing(timeline.seconds);
    if (!timeline.transfers.empty()) {
        drawing.heading("Transfers");
        drawing.bars(timeline.transfers, transfer_height);
    }
    if (!timeline.work.empty()) {
        drawing.heading("Packages");
        drawing.bars(timeline.work, work_height);
    }
    if (timeline.load.size() > 1) {
        drawing.heading(fmt::format("Jobs in use, of {}", timeline.plan.jobs));
        drawing.steps(timeline.load, timeline.plan.jobs);
    }
    return drawing.finish();
}

std::string size_chart(const Timeline& timeline)
{
    constexpr double height = 340;
    constexpr double label_height = 18;
    std::vector<const PackageResult*> packages;
    for (const auto& package : timeline.packages)
        if (package.ships && package.bytes > 0)
            packages.push_back(&package);
    if (packages.empty())
        return {};
    std::stable_sort(packages.begin(), packages.end(),
                     [](const auto* a, const auto* b) { return a->bytes > b->bytes; });
    std::vector<double> weights;
    double total = 0;
    for (const auto* package : packages) {
        weights.push_back(static_cast<double>(package->bytes));
        total += weights.back();
    }
    const auto places = squarify(weights, {0, 0, width, height});
    auto svg = fmt::format(R"(<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="Size by package">)"
                           "\n",
                           width, height);
    for (std::size_t i = 0; i < packages.size(); ++i) {
        const auto& name = packages[i]->name;
        const auto size = util::human_bytes(packages[i]->bytes);
        const auto& [left, top, wide, high] = places[i];
        svg += fmt::format(R"(<svg x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><g class="tile">)"
                           R"(<title>{}: {} ({:.1f} %)</title><rect width="{:.1f}" height="{:.1f}"/>)",
                           left, top, wide, high, escape(name), size, 100 * weights[i] / total, wide, high);
        const bool name_fits = wide > letter * static_cast<double>(name.size()) + 8 && high > label_height;
        if (name_fits)
            svg += fmt::format(R"(<text x="6" y="15">{}</text>)", escape(name));
        if (name_fits && high > 2 * label_height)
            svg += fmt::format(R"(<text class="size" x="6" y="30">{}</text>)", size);
        svg += "</g></svg>\n";
    }
    return svg + "</svg>\n";
}

} // namespace sf::report
