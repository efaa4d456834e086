// What `bundle diff` prints.
#pragma once

#include "bundle/diff.hpp"

namespace sf::cli {

struct DiffFormat {
    bool files = false; ///< name every file
    bool json = false;
};

void print_diff(const bundle::Diff& diff, const DiffFormat& format);

} // namespace sf::cli
