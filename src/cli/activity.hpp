// What `status` and `top` print of running builds.
#pragma once

#include "app/session/session.hpp"
#include "app/upkeep/activity.hpp"
#include "app/upkeep/caches.hpp"
#include "util/error.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace sf::cli {

/// `width`: of the terminal, in columns; 0: lines are not cut.
void print_activity(const app::Activity& activity, unsigned width);
/// `caches`: what they take on disk, if that was asked for.
void print_activity_json(const app::Activity& activity, const std::optional<std::vector<app::CacheSize>>& caches);
/// A line for each; `width` as above.
void print_disk(const std::vector<app::CacheSize>& caches, unsigned width);
/// Columns of standard output; 0: it is no terminal.
[[nodiscard]] unsigned terminal_width();

/// Between the two looks that show which cores are busy.
inline constexpr std::chrono::milliseconds glance{300};

struct ActivityOptions {
    bool json = false;
    bool disk = false; ///< also what the caches take
};
/// Looks once, and prints.
[[nodiscard]] util::Result<int> show_activity(const app::Session& session, const ActivityOptions& options);

} // namespace sf::cli
