// Options that say what ships: shared by `build` and `bundle`.
#pragma once

#include "app/build/build.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <set>

namespace sf::cli {

struct BundleOptions {
    std::set<bundle::Archive> archives;
    std::set<bundle::Extra> extras;
    bool sign = false;
    app::SigningOptions signing;

    void apply(app::BuildOptions& options) const;
};

/// --archive, --with, --sign and which key signs.
[[nodiscard]] std::shared_ptr<BundleOptions> add_bundle_options(CLI::App& command);

} // namespace sf::cli
