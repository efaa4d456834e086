// What a package's commands find around them. Private to `engine`.
#pragma once

#include "image/image.hpp"
#include "plan/plan.hpp"
#include "site/site.hpp"

#include <map>
#include <string>

namespace sf::engine {

// Places inside the sandbox.
inline constexpr const char* step_directory = "/step";    ///< scripts, read-only
inline constexpr const char* out_directory = "/step/out"; ///< marks, and what ccache notes
/// What stands in for the compilers where ccache is used. Only while a package is built: what configure scripts compile
/// is quicker done than looked up, and hardly ever wanted again.
inline constexpr const char* ccache_programs = "/usr/lib/ccache";
inline constexpr const char* ccache_directory = "/ccache";
inline constexpr const char* ccache_remote_directory = "/ccache-remote";
inline constexpr const char* compiler_wrapper = "/step/remote"; ///< stands before the compilers of other machines

/// The environment of the step's commands with so many parallel jobs: more than one are those of the jobserver whose
/// descriptors are 3 and 4. Of the plan's levers those that the image has.
[[nodiscard]] std::map<std::string, std::string> environment_of(const site::Site& site, const image::Image& image,
                                                                const plan::Step& step, unsigned jobs, bool ccache);

/// Whether ccache is wanted, and the image has it.
[[nodiscard]] bool has_ccache(const site::Site& site, const image::Image& image);

} // namespace sf::engine
