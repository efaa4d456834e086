// The compiler caches on the host: one directory for each package, so that a build script can spoil its own at most.
#pragma once

#include "sandbox/sandbox.hpp"
#include "site/site.hpp"
#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace sf::engine {

/// Makes the package's directories, below site.compiler_caches() and below compiler.remote where that is a directory,
/// and has the job see them as ccache_directory and ccache_remote_directory.
[[nodiscard]] util::Status add_compiler_cache(const site::Site& site, const std::string& package, sandbox::Job& job);

/// Removes the objects that were used longest ago until all packages together have at most `most` bytes, and returns
/// what that frees; with `dry_run` nothing is removed. Builds may run meanwhile, also such as mean harm: no link is
/// followed. ccache takes files that have gone for misses.
[[nodiscard]] util::Result<std::uint64_t> trim_compiler_caches(const std::filesystem::path& caches, std::uint64_t most,
                                                               bool dry_run = false);

} // namespace sf::engine
