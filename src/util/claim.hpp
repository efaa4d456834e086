// Files and directories that go when nobody needs them, among processes that need some and processes that remove some.
//
// Who needs a thing claims it: its time of change becomes now, under a shared lock. Who removes looks at that time
// under the exclusive lock, and takes the thing away with a rename before the lock goes. So a claimed thing stays as
// long as whoever removes spares what was claimed since the first of those who need things came.
//
// Clocks are set back. A claim's time is therefore never before the one that the thing has, nor before the time of
// claim_no_earlier_than(): whatever the clock says, it is not before its maker came.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string_view>
#include <vector>

namespace sf::util {

/// Seconds since 1970, later than any claim.
inline constexpr std::int64_t spare_nothing = std::numeric_limits<std::int64_t>::max();

/// What is being removed has a name that starts with this; it is left over when whoever removes it is killed.
inline constexpr std::string_view removing_prefix = "removing-";

/// What this process claims from now on, it claims at `time` (seconds since 1970) or later. A lower bound than the one
/// there is changes nothing.
void claim_no_earlier_than(std::int64_t time);

/// Claims a thing that only this process knows yet, before it is put where others find it.
[[nodiscard]] Status claim_new(const std::filesystem::path& thing);

class Claims {
public:
    /// The lock file is made when it is first needed.
    explicit Claims(std::filesystem::path lock_file) : lock_file_(std::move(lock_file)) {}

    /// Claims all of them; false when one is not there.
    [[nodiscard]] Result<bool> claim(const std::vector<std::filesystem::path>& things) const;
    /// Makes the file, or empties the one that is there, and claims it: open for reading and for appending. As long as
    /// it is open here or in a process that inherits it, remove() spares it in any case (where files can be locked).
    [[nodiscard]] Result<UniqueFd> create(const std::filesystem::path& file) const;
    /// Removes the thing unless it was claimed at `since` or later, is a file of create() that is still open, or is not
    /// there: false then. It is gone from its place at once, and emptied afterwards.
    [[nodiscard]] Result<bool> remove(const std::filesystem::path& thing, std::int64_t since) const;

private:
    std::filesystem::path lock_file_;
};

/// When the thing was last claimed or changed, in seconds since 1970; 0: it is not there.
[[nodiscard]] std::int64_t claimed_at(const std::filesystem::path& thing);

} // namespace sf::util
