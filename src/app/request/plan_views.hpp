// A solved request as text, JSON and Graphviz. Private to this module.
#pragma once

#include "app/request/forecast.hpp"

#include <string>

namespace sf::app {

[[nodiscard]] std::string plan_list(const SolvedRequest& solved, const Forecast& forecast);
[[nodiscard]] std::string plan_tree(const SolvedRequest& solved, const Forecast& forecast);
/// {"request", "target", "hardening", "image", "image_made", "to_build", "estimated_seconds" (of the packages built
/// here before), "externals": {name: version}, "steps": [{"package", "version", "variants", "ships", "in_store",
/// "patches": [{"package", "revision", "sha256", "files": [{"name", "fixes"}]}], "support": {"by", "until", "past"},
/// "holes", "cpu_seconds", "dependencies": [{"package", "spec", "type"}], "key"}]}; "patches", "support", "cpu_seconds"
/// and "key" only where there are any
[[nodiscard]] std::string plan_json(const SolvedRequest& solved, const Forecast& forecast);
/// One node for each package, filled when the store has it; arrows from what needs to what is needed, dashed for build
/// tools only (https://graphviz.org/doc/info/lang.html).
[[nodiscard]] std::string plan_dot(const SolvedRequest& solved, const Forecast& forecast);

} // namespace sf::app
