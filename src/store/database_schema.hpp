// The tables of the index, and how its file is written. Private to `store`.
#pragma once

#include "store/sql.hpp"
#include "util/error.hpp"

#include <filesystem>

namespace sf::store {

/// Makes a connection to the index in `path` fit for use: other processes are waited for, the journal suits the file
/// system, and the tables are made, or brought up to date. Error failure: a newer tool made them; statements' own.
[[nodiscard]] util::Status prepare(Connection& connection, const std::filesystem::path& path);

} // namespace sf::store
