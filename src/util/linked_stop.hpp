// A stop of one's own that also follows another's.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/stop.hpp"

#include <memory>
#include <thread>

namespace sf::util {

/// Stops when it is asked to, or when `outer` is.
class LinkedStop {
public:
    [[nodiscard]] static Result<std::unique_ptr<LinkedStop>> make(const StopToken& outer);
    ~LinkedStop();
    LinkedStop(const LinkedStop&) = delete;
    LinkedStop& operator=(const LinkedStop&) = delete;

    [[nodiscard]] StopToken token() const { return source_.token(); }
    void request_stop() const { source_.request_stop(); }

private:
    LinkedStop(StopSource source, UniqueFd done, const StopToken& outer);

    StopSource source_;
    UniqueFd done_; ///< ends the thread
    std::thread thread_;
};

} // namespace sf::util
