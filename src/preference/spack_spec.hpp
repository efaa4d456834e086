// Spack's specs, cut down to what ours can say. Private to this module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sf::preference {

struct ReducedSpec {
    std::string text; ///< as long as the original: what was taken out is blank, so that columns stay right
    std::vector<std::string> dropped; ///< what was taken out, as written: "%gcc@12", "arch=linux-debian12-zen2"
};

/// Takes out of a spec what only Spack understands: compilers and direct dependencies (%), arch=, os=, platform=,
/// targets that are not a single one, compiler flags, hashes, and variants' values that our specs cannot hold. Writes
/// what is only spelt otherwise our way: ++name, key==value, key:=value, quoted values, repository.package,
/// ^[virtuals=...] package, ^virtual=package. Does not check the rest.
///
/// What follows a compiler belongs to the package, as it did until Spack 1.0 ("hdf5%gcc@12+mpi"); what follows another
/// direct dependency, which only later versions know, belongs to that.
[[nodiscard]] ReducedSpec reduce_spec(std::string_view text);

} // namespace sf::preference
