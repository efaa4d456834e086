// What the tests of the source module share.
#pragma once

#include "event/event.hpp"
#include "recipe/recipe.hpp"
#include "site/site.hpp"
#include "source/fetcher.hpp"
#include "test_server.hpp"
#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <mutex>
#include <string>
#include <vector>

namespace sf::source::testing {

/// Bytes that no two offsets share, so that a file put together wrongly cannot go unnoticed.
inline std::string sample_bytes(std::size_t size, unsigned seed = 1)
{
    std::string bytes(size, '\0');
    std::uint32_t state = seed;
    for (auto& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_file(const std::filesystem::path& path)
{
    return util::read_file(path).value_or("(unreadable)");
}

inline recipe::Source url_source(std::string url, const util::Digest& sha256)
{
    return recipe::Source{.from = recipe::UrlSource{std::move(url)}, .sha256 = sha256, .where = {}};
}

/// Keeps what it is told.
class RecordingSink final : public event::Sink {
public:
    void on_event(const event::Event& event) override
    {
        const std::lock_guard guard(mutex_);
        events_.push_back(event);
    }
    template <typename T> [[nodiscard]] std::vector<T> all() const
    {
        const std::lock_guard guard(mutex_);
        std::vector<T> found;
        for (const auto& event : events_) {
            if (const auto* one = std::get_if<T>(&event))
                found.push_back(*one);
        }
        return found;
    }

private:
    mutable std::mutex mutex_;
    std::vector<event::Event> events_;
};

/// An empty directory and a site in it that neither retries nor asks apt.
class SourceTest : public ::testing::Test {
protected:
    SourceTest()
    {
        site_.root = root() / "root";
        site_.network.retries = 0;
        site_.network.use_apt = false;
        std::filesystem::create_directories(served());
    }

    [[nodiscard]] const std::filesystem::path& root() const { return directory_.path(); }
    [[nodiscard]] std::filesystem::path served() const { return root() / "served"; }
    [[nodiscard]] SourceCache cache() const { return SourceCache(site_.source_cache()); }

    TestServer& server()
    {
        if (!server_)
            server_ = std::make_unique<TestServer>(served(), root() / "log");
        return *server_;
    }

    /// Names of regular files anywhere below the source cache.
    [[nodiscard]] std::vector<std::string> cached_files() const
    {
        std::vector<std::string> names;
        std::error_code error;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(site_.source_cache(), error)) {
            if (entry.is_regular_file() && entry.path().extension() != ".lock")
                names.push_back(entry.path().filename().string());
        }
        return names;
    }

    site::Site site_;
    RecordingSink events_;
    util::StopToken never_;

private:
    util::TempDir directory_ = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-source").value();
    std::unique_ptr<TestServer> server_;
};

} // namespace sf::source::testing
