// Shell text of the phases, and the whole plan as one plain script.
#pragma once

#include "plan/plan.hpp"
#include "util/error.hpp"

#include <string>
#include <vector>

namespace sf::plan {

/// The phases of one package: the build system's defaults, overridden by the recipe's steps. Version and variants
/// decide the conditions; sources and patch sets what is unpacked.
[[nodiscard]] std::vector<PhaseScript> make_phases(const Step& step);

/// What every build sees (docs/recipes.md), with the recipe's own settings on top and `added` behind these.
[[nodiscard]] std::map<std::string, std::string>
make_environment(const recipe::Recipe& recipe, const spec::Version& version, const std::vector<Flags>& added);

/// The phases as one POSIX script that stops at the first failure. With `marks` it appends "PHASE UPTIME" to that
/// file when a phase starts, and "end UPTIME" last (seconds since boot, from /proc/uptime). `compilers` is a directory
/// whose programs the phase build finds first.
[[nodiscard]] std::string step_script(const Step& step, const std::string& marks, const std::string& compilers = {});

/// The plain serial script of the same plan: unpack, configure, make -jN, make install, one package after the
/// other, with none of the tool's levers. It is run as root inside the base image, takes the directory of the source
/// cache as its argument and N from $JOBS (default: all cores).
[[nodiscard]] util::Result<std::string> plain_script(const Plan& plan);

} // namespace sf::plan
