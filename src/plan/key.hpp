// Keys: the sha256 over all inputs of one step.
#pragma once

#include "plan/plan.hpp"
#include "util/files/sha256.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sf::plan {

/// Raised when the tool itself starts to make other layers from the same inputs (phases, normalising, stripping).
inline constexpr const char* build_system_version = "4";

/// The slices of a dependency that a build can see.
struct InputLayers {
    std::string package;
    util::Digest run;
    util::Digest dev;
};

/// The typed inputs of a key, in a fixed order: ("image", "sha256..."), ("phase configure", "./configure ..."), ...
struct KeyInputs {
    std::vector<std::pair<std::string, std::string>> fields;

    /// sha256 over every field as `<name length>:<name><value length>:<value>`, lengths in decimal.
    [[nodiscard]] util::Digest digest() const;
    /// One "name: value" line per field (a value's own line breaks are indented), for people and for diffs.
    [[nodiscard]] std::string to_string() const;
    /// Reads what to_string() wrote; lines that are neither a field nor indented are passed over.
    [[nodiscard]] static KeyInputs parse(std::string_view text);
};

/// One input that differs between two keys. A side that lacks the input is empty.
struct InputChange {
    std::string name;
    std::optional<std::string> before;
    std::optional<std::string> now;
    auto operator<=>(const InputChange&) const = default;
};

/// What makes two keys different: changed and new inputs in the order of `now`, then those that are gone.
[[nodiscard]] std::vector<InputChange> difference(const KeyInputs& before, const KeyInputs& now);

/// `layers` are those of step.inputs, in any order.
[[nodiscard]] KeyInputs key_inputs(const Plan& plan, const Step& step, const std::vector<InputLayers>& layers);

} // namespace sf::plan
