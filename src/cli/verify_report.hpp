// How `verify` shows what it found.
#pragma once

#include "app/build/smoke_test.hpp"
#include "verify/verify.hpp"

#include <string>
#include <vector>

namespace sf::cli {

/// What one call of `verify` did.
struct Verification {
    std::string path;
    std::string policy; ///< its file; empty for none
    verify::VerifyReport report;
    std::vector<app::SmokeRun> runs;

    [[nodiscard]] bool passed() const;
};

[[nodiscard]] std::string verification_text(const Verification& verification);
/// docs/verify.md has the schema.
[[nodiscard]] std::string verification_json(const Verification& verification);

} // namespace sf::cli
