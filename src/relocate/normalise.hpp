// From what `make install` wrote to the three slices of a layer.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::relocate {

/// Globs relative to the prefix that override the default division.
struct SliceRules {
    std::vector<std::string> run;
    std::vector<std::string> dev;
    std::vector<std::string> drop;
};

struct NormaliseRequest {
    std::filesystem::path tree; ///< upper directory of the overlay; consumed (files are moved out of it)
    std::string prefix;         ///< "/opt/slurm/software"
    std::string package;        ///< for messages
    SliceRules rules;
    std::filesystem::path output; ///< existing directory on the same file system; gets run/ dev/ debug/
};

/// The slices, as directories ready for store::LayerStore::add().
struct SliceTrees {
    std::filesystem::path run;
    std::filesystem::path dev;
    std::filesystem::path debug;
};

/// Drops *.la, share/doc, share/info, overlay whiteouts' leftovers and the rules' `drop`; puts headers, *.a, lib/*.so
/// development links, pkgconfig, cmake, aclocal, man3 and the rules' `dev` into dev; .debug/** (left by the build's
/// strip step, named by path) into debug as lib/debug/.build-id/xx/rest.debug; the rest into run. A static library
/// goes to dev only where rules.dev names it, otherwise it is dropped. Relocates: RUNPATHs, `prefix=` of .pc files
/// (${pcfiledir}), absolute symbolic links into the prefix (made relative). Errors (code build): setuid or setgid
/// files, devices and sockets, a whiteout (the package deleted a dependency's file), a symbolic link that leads out of
/// the prefix to the build directory.
[[nodiscard]] util::Result<SliceTrees> normalise(const NormaliseRequest& request);

} // namespace sf::relocate
