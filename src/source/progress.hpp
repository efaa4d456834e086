// Progress events, not more often than anybody can read them.
#pragma once

#include "event/event.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace sf::source {

/// Emits FetchProgress for one transfer, at most five a second; the first and the last are always emitted.
class Progress {
public:
    Progress(event::Sink& events, std::string package, std::string origin) :
        events_(events), package_(std::move(package)), origin_(std::move(origin))
    {
    }
    void report(std::uint64_t done, std::uint64_t total);

private:
    event::Sink& events_;
    std::string package_;
    std::string origin_;
    std::chrono::steady_clock::time_point next_;
};

/// Until it goes, reports the size of a file that another program is writing.
class FileWatcher {
public:
    FileWatcher(std::filesystem::path file, std::uint64_t total, Progress& progress);
    ~FileWatcher();
    FileWatcher(const FileWatcher&) = delete;
    FileWatcher& operator=(const FileWatcher&) = delete;

private:
    void watch();

    std::filesystem::path file_;
    std::uint64_t total_;
    Progress& progress_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool finished_ = false;
    std::thread thread_; ///< last: it uses the others
};

} // namespace sf::source
