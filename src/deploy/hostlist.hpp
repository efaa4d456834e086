// Slurm's hostlist syntax: many host names in a few words.
#pragma once

#include "util/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

/// The names that "node[001-128],a[1-3,7]b,n[1-2][01-03],admin@login" stands for, in its order, each once. A range
/// counts in the width of its start: [08-10] is 08, 09, 10. Names are what ssh(1) takes for a host, with or without
/// "user@". Errors (usage) have the column, counted from 1: what is no hostlist, or stands for more than a million
/// names. https://slurm.schedmd.com/scontrol.html#OPT_hostnames
[[nodiscard]] util::Result<std::vector<std::string>> expand_hostlist(std::string_view text);

/// The shortest hostlist this finds for the names, whatever their order; expand_hostlist() gives the same set.
[[nodiscard]] std::string fold_hostlist(const std::vector<std::string>& names);

/// A file of hostlists: one a line, with blank lines and comments from '#' on. `file` is named in errors.
[[nodiscard]] util::Result<std::vector<std::string>> read_hostlists(std::string_view text, std::string_view file);

} // namespace sf::deploy
