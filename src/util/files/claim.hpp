// Claims on files and directories that other processes may remove when they are unused.
//
// A process that needs a thing claims it: it sets the time of change to now, under a shared lock. A process that
// removes checks that time under the exclusive lock, and renames the thing away before it releases the lock. A claimed
// thing stays if the remover spares everything claimed since the oldest process that needs things started.
//
// Clocks can be set back. A claim's time is therefore never earlier than the thing's present time, nor earlier than
// claim_no_earlier_than(), the start of the claiming process.
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

/// Prefix of a thing's name while it is being removed; a killed remover leaves it behind.
inline constexpr std::string_view removing_prefix = "removing-";

/// Claims of this process get `time` (seconds since 1970) or later from now on. A bound lower than the present one
/// changes nothing.
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
