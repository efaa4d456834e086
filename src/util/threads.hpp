// Threads that no exception leaves, which would end the program, and that a system without more of them does not stop.
#pragma once

#include "util/error.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace sf::util {

/// The error for an exception that the code did not foresee.
[[nodiscard]] Error error_of(const std::exception& exception);

/// work(), which returns a Result; what it throws becomes an error.
template <typename Work> [[nodiscard]] std::invoke_result_t<Work> guarded(Work&& work)
{
    try {
        return std::forward<Work>(work)();
    } catch (const std::exception& exception) {
        return tl::unexpected<Error>(error_of(exception));
    }
}

/// Up to `count` threads that call work(), which must not throw; fewer when the system has no more, and then maybe
/// none.
[[nodiscard]] std::vector<std::jthread> start_threads(std::size_t count, const std::function<void()>& work);

/// Calls work(0) to work(count - 1) in at most `most` threads, of which this one is one; returns when all are done.
/// When one throws, those that are not begun are left out, and its exception is thrown here.
void in_threads(std::size_t most, std::size_t count, const std::function<void(std::size_t)>& work);

/// Likewise for work that can fail: the first error is the result, and what is not begun then is left out.
[[nodiscard]] Status try_in_threads(std::size_t most, std::size_t count,
                                    const std::function<Status(std::size_t)>& work);

} // namespace sf::util
