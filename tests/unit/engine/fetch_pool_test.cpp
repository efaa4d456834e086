#include "engine/fetch_pool.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace {

using namespace sf;

class Pool : public ::testing::Test {
protected:
    void SetUp() override
    {
        site_.root = directory_.path() / "root";
        site_.network.use_apt = false;
    }
    /// An archive of these bytes at a file:// address; `present` says whether it is there.
    source::Wanted wanted(const std::string& name, bool present = true)
    {
        const auto file = directory_.path() / name;
        if (present) {
            EXPECT_TRUE(util::write_file_atomic(file, name));
        }
        return {name, {{recipe::UrlSource{"file://" + file.string()}, util::sha256(name), {}}}};
    }

    util::TempDir directory_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-pool");
    site::Site site_;
    event::NullSink events_;
};

TEST_F(Pool, FetchesEverythingOnceAndReportsFaultsToo)
{
    constexpr std::size_t count = 12;
    source::Fetcher fetcher(site_, events_);
    std::vector<source::Wanted> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(wanted("archive-" + std::to_string(i), i % 4 != 3));
    std::vector<std::atomic<int>> good(count);
    std::vector<std::atomic<int>> bad(count);
    std::latch done(count);
    {
        const engine::FetchPool pool(fetcher, events_, all, 3, *util::StopSource::make(),
                                     [&](std::size_t item, const util::Result<source::Fetched>& fetched) {
                                         ++(fetched ? good : bad).at(item);
                                         done.count_down();
                                     });
        done.wait();
    }
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(good.at(i), i % 4 == 3 ? 0 : 1);
        EXPECT_EQ(bad.at(i), i % 4 == 3 ? 1 : 0);
    }
}

TEST_F(Pool, OneThreadKeepsTheOrder)
{
    source::Fetcher fetcher(site_, events_);
    std::vector<std::size_t> order;
    std::latch done(3);
    {
        const engine::FetchPool pool(fetcher, events_, {wanted("c"), wanted("a"), wanted("b")}, 0,
                                     *util::StopSource::make(),
                                     [&](std::size_t item, const util::Result<source::Fetched>& /*fetched*/) {
                                         order.push_back(item);
                                         done.count_down();
                                     });
        done.wait();
    }
    EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2));
}

TEST_F(Pool, ItGoesWithoutFetchingTheRest)
{
    source::Fetcher fetcher(site_, events_);
    std::atomic<int> fetched = 0;
    std::latch first(1);
    std::latch go_on(1);
    const auto stop = *util::StopSource::make();
    {
        const engine::FetchPool pool(fetcher, events_, {wanted("a"), wanted("b"), wanted("c")}, 1, stop,
                                     [&](std::size_t /*item*/, const util::Result<source::Fetched>& /*fetched*/) {
                                         ++fetched;
                                         first.count_down();
                                         go_on.wait();
                                     });
        first.wait();
        stop.request_stop();
        go_on.count_down();
    }
    EXPECT_EQ(fetched, 1);
}

} // namespace
