#include "report/html.hpp"

#include "report/markup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Markup, EscapesWhatHasAMeaning)
{
    EXPECT_EQ(report::escape("<script>\"a\" & 'b'"), "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;");
    EXPECT_EQ(report::escape("größer 日本 🙂\n"), "größer 日本 🙂\n");
    EXPECT_EQ(report::escape(std::string_view("a\0b\x1b[1m\x7f", 8)), "a\xef\xbf\xbd"
                                                                      "b\xef\xbf\xbd[1m\xef\xbf\xbd");
}

TEST(Markup, NothingChangesTheDirectionOfWriting)
{
    const std::string mark = "\xef\xbf\xbd";
    EXPECT_EQ(report::escape("\xE2\x80\xAE"
                             "txt\xC2\x9B"
                             "1m"),
              mark + "txt" + mark + "1m");
}

TEST(Markup, ReplacesBytesThatAreNoUtf8)
{
    const std::string mark = "\xef\xbf\xbd";
    EXPECT_EQ(report::escape("caf\xe9"), "caf" + mark);
    EXPECT_EQ(report::escape("\xc0\xaf"), mark + mark);            // overlong
    EXPECT_EQ(report::escape("\xed\xa0\x80"), mark + mark + mark); // a surrogate
    EXPECT_EQ(report::escape("\xf4\x90\x80\x80"), mark + mark + mark + mark);
    EXPECT_EQ(report::escape("\xe6\x97"), mark + mark); // cut off
}

TEST(Markup, TimesForPeople)
{
    EXPECT_EQ(report::human_seconds(0.44), "0.4 s");
    EXPECT_EQ(report::human_seconds(9.96), "10 s");
    EXPECT_EQ(report::human_seconds(119.4), "119 s");
    EXPECT_EQ(report::human_seconds(750), "12 min 30 s");
    EXPECT_EQ(report::human_seconds(7500), "2 h 05 min");
}

report::Timeline sample()
{
    report::Timeline timeline;
    timeline.seconds = 20;
    timeline.plan.name = "slurm-1.0";
    timeline.plan.request = "slurm@1.0 <b>";
    timeline.plan.command = "slurm-factory build --locked 'slurm-1.0.lock'";
    timeline.plan.jobs = 2;
    report::PackageResult built;
    built.kind = report::PackageResult::Kind::built;
    built.name = "a@1";
    built.ships = true;
    built.bytes = 2048;
    built.wall_seconds = 15;
    built.critical = true;
    built.needed = event::PackageNeeded{"a@1", "a@0", {"phase configure", "<input>"}, 5.0, 5.0};
    timeline.packages = {built};
    timeline.critical_path = {"a@1"};
    timeline.critical_seconds = 15;
    report::Bar bar;
    bar.name = "a@1";
    bar.start = 1;
    bar.end = 16;
    bar.critical = true;
    bar.slices = {{"configure", 1, 3}, {"build", 3, 16}};
    timeline.work = {bar};
    return timeline;
}

TEST(Html, SaysWhyAndWhatWasSlow)
{
    const auto html = report::html_report(sample());
    EXPECT_THAT(html, HasSubstr("differs from a@0 in: phase configure, &lt;input&gt;"));
    EXPECT_THAT(html, HasSubstr("Slower than the last time: a@1."));
    EXPECT_THAT(html, HasSubstr("--locked &#39;slurm-1.0.lock&#39;"));
    EXPECT_THAT(html, HasSubstr("They take 15 s of 20 s"));
    EXPECT_THAT(html, HasSubstr("class=\"phase configure\""));
    EXPECT_THAT(html, Not(HasSubstr("<b>\n")));
    EXPECT_THAT(html, Not(HasSubstr("slurm@1.0 <b>")));
}

TEST(Html, ALittleSlowerIsChance)
{
    auto timeline = sample();
    timeline.packages[0].needed->last_wall_seconds = 14;
    EXPECT_THAT(report::html_report(timeline), Not(HasSubstr("Slower than the last time")));
}

TEST(Html, AFailureIsShownFirst)
{
    auto timeline = sample();
    timeline.finish.error = "a@1: phase 'build' failed <here>";
    const auto html = report::html_report(timeline);
    EXPECT_THAT(html, HasSubstr("It failed"));
    EXPECT_THAT(html, HasSubstr("failed &lt;here&gt;"));
}

TEST(Html, NeedsNothingFromElsewhere)
{
    const auto html = report::html_report(sample());
    EXPECT_THAT(html, HasSubstr("default-src 'none'"));
    for (const auto* part : {"http://", "https://", "url(", "<script", "<link", "<img", "@import"})
        EXPECT_THAT(html, Not(HasSubstr(part)));
}

TEST(Html, OfNothingIsAPage)
{
    EXPECT_THAT(report::html_report({}), HasSubstr("</html>"));
}

} // namespace
